"""`make bench`: what the site costs, measured through real server processes."""
