"""People's own lists of films: kept, ordered, shared by link, exported."""
