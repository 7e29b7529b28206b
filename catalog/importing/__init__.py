"""Import of one person's ratings, seen films and watchlist from another site's export."""
