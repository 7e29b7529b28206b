"""Posters drawn from what is known of a film: title, year and genres."""

from catalog.posters.drawing import compute_poster_key, draw_poster
from catalog.posters.styles import find_genre_slug

__all__ = ["compute_poster_key", "draw_poster", "find_genre_slug"]
