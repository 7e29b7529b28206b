"""Histories of one theme, as people tell of their taste to a site that they are new to.

MovieLens histories show what people rated in one go: all kinds of films, in the order in which the
site offered them. Someone new who names five science-fiction films, or four classics, does not
look like that. A themed window is what such a person would have named: of a real history, only the
films of one or two genres, of one era, or of both; half of the time in random order. The network
learns from them that a history of one theme goes on in that theme, and from all others that a
mixed one stays mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import MovieInfo
from recommender.ml.tokens import items_of

MIN_FILMS = 3
MAX_FILMS = 16
ERA_YEARS = 15
ERA_SHARE = 0.3


@dataclass(frozen=True)
class ItemThemes:
    """What each item is: `genres` (V, G) bool and `years` (V,) int32, 0 where unknown."""

    genres: NDArray[np.bool_]
    years: NDArray[np.int32]

    @classmethod
    def build(cls, movie_ids: NDArray[np.int64], movies: Mapping[int, MovieInfo]) -> ItemThemes:
        """Look up each movie id (V,), padding first."""
        names = sorted({genre for movie in movies.values() for genre in movie.genres})
        column = {name: place for place, name in enumerate(names)}
        genres = np.zeros((len(movie_ids), len(names)), dtype=np.bool_)
        years = np.zeros(len(movie_ids), dtype=np.int32)
        for item, movie_id in enumerate(movie_ids.tolist()):
            movie = movies.get(movie_id)
            if movie is not None:
                genres[item, [column[genre] for genre in movie.genres]] = True
                years[item] = movie.year or 0
        return cls(genres, years)


def draw_themed_windows(
    histories: Sequence[NDArray[np.int64]],
    themes: ItemThemes,
    *,
    share: float,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Draw themed windows that hold about `share` times as many films as all histories together.

    Longer histories are drawn from more often, in proportion to their length.
    """
    lengths = np.array([len(history) for history in histories], dtype=np.float64)
    budget = int(share * lengths.sum())
    windows: list[NDArray[np.int64]] = []
    while budget > 0:
        for person in rng.choice(len(histories), size=1024, p=lengths / lengths.sum()):
            window = draw_themed_window(histories[person], themes, rng)
            budget -= max(1, len(window))
            if len(window) >= MIN_FILMS:
                windows.append(window)
            if budget <= 0:
                break
    return windows


def draw_themed_window(
    history: NDArray[np.int64], themes: ItemThemes, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return up to MAX_FILMS of a history that share up to two genres, or era, with one of it."""
    items = items_of(history)
    example = int(rng.choice(items))
    mask = np.ones(len(history), dtype=np.bool_)
    genres = rng.permutation(np.flatnonzero(themes.genres[example]))[: int(rng.integers(3))]
    mask &= themes.genres[np.ix_(items, genres)].all(axis=1)
    if themes.years[example] and (len(genres) == 0 or rng.random() < ERA_SHARE):
        mask &= np.abs(themes.years[items] - themes.years[example]) <= ERA_YEARS
    films = history[mask]
    start = int(rng.integers(max(1, len(films) - MAX_FILMS + 1)))
    films = films[start : start + MAX_FILMS]
    return rng.permutation(films) if rng.random() < 0.5 else films
