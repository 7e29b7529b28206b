"""Themed windows: real films of one person that have something in common."""

from __future__ import annotations

import numpy as np

from recommender.ml.datasets import MovieInfo
from recommender.ml.themes import (
    ERA_YEARS,
    MAX_FILMS,
    ItemThemes,
    draw_themed_window,
    draw_themed_windows,
)

GENRES = [("Drama",), ("Comedy",), ("Drama", "Comedy"), ()]
MOVIES = {
    10 * n: MovieInfo(f"Film {n}", 1930 + n if n % 7 else None, GENRES[n % 4]) for n in range(1, 81)
}
THEMES = ItemThemes.build(np.arange(81) * 10, MOVIES)
HISTORY = np.random.default_rng(0).permutation(np.arange(1, 81)).astype(np.int64)


def test_a_window_holds_distinct_films_of_the_history_that_share_a_theme() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        window = draw_themed_window(HISTORY, THEMES, rng)
        assert 1 <= len(window) <= MAX_FILMS
        assert len(set(window.tolist())) == len(window)
        shares_genre = THEMES.genres[window].all(axis=0).any()
        known = THEMES.years[window][THEMES.years[window] > 0]
        shares_era = len(known) == len(window) and np.ptp(known) <= 2 * ERA_YEARS
        unknown = not THEMES.years[window].all() or not THEMES.genres[window].any()
        assert shares_genre or shares_era or unknown


def test_windows_are_as_many_as_asked_for_and_the_same_for_a_seed() -> None:
    first, again = (
        draw_themed_windows([HISTORY] * 5, THEMES, share=0.5, rng=np.random.default_rng(2))
        for _ in range(2)
    )
    assert 120 < sum(len(window) for window in first) <= 200 + MAX_FILMS
    assert [w.tolist() for w in first] == [w.tolist() for w in again]


def test_a_history_of_one_film_does_not_hang() -> None:
    one = [np.array([3], dtype=np.int64)]
    assert draw_themed_windows(one, THEMES, share=5.0, rng=np.random.default_rng(0)) == []
