"""The catalogue: movies, ratings, import, search."""
