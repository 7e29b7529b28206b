"""Which films are withheld as if they were new, and who is asked for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.splits import EvaluationSplit, SplitError, ask_rows

MIN_HISTORY = 5
TARGETS_PER_PERSON = 5


@dataclass(frozen=True)
class ColdQuestion:
    """Films taken away from training and people never trained on who watched them.

    `cold_ids` (C,) int64 rising; `train` has no rating of them. Each entry of `cold` and `warm`
    asks for one film, given all the person watched before it: a withheld one, or not.
    """

    name: str
    cold_ids: NDArray[np.int64]
    train: Interactions
    cold: EvaluationSplit
    warm: EvaluationSplit


def film_quantile(movie_id: int) -> float:
    """Map a movie id to [0, 1) by SHA-256, the same on every machine and run."""
    digest = hashlib.sha256(f"cold film/{movie_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def count_raters(interactions: Interactions) -> dict[int, int]:
    """Return how many people rated each film."""
    ids, counts = np.unique(interactions.movie_id, return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def choose_random_films(
    train: Interactions, *, fraction: float = 0.1, min_ratings: int = 20
) -> NDArray[np.int64]:
    """Return a stable `fraction` of the films that at least `min_ratings` people rated."""
    chosen = [
        movie_id
        for movie_id, count in count_raters(train).items()
        if count >= min_ratings and film_quantile(movie_id) < fraction
    ]
    return np.array(sorted(chosen), dtype=np.int64)


def choose_newest_films(
    train: Interactions,
    movies: Mapping[int, MovieInfo],
    *,
    fraction: float = 0.1,
    min_ratings: int = 10,
) -> NDArray[np.int64]:
    """Return the newest films: whole years from the last back, until `fraction` is reached.

    Only films that at least `min_ratings` people rated and whose year is known take part.
    """
    years = {
        movie_id: movies[movie_id].year or 0
        for movie_id, count in count_raters(train).items()
        if count >= min_ratings and movie_id in movies and movies[movie_id].year
    }
    wanted = fraction * len(years)
    chosen: list[int] = []
    for year in sorted(set(years.values()), reverse=True):
        if len(chosen) >= wanted:
            break
        chosen += [movie_id for movie_id, known in years.items() if known == year]
    return np.array(sorted(chosen), dtype=np.int64)


def pose_cold_question(
    name: str, train: Interactions, held_out: Interactions, cold_ids: NDArray[np.int64]
) -> ColdQuestion:
    """Withhold films from `train` and ask the people of `held_out` for them.

    Up to five films a person, the last ones that were watched after at least five others; of the
    same person, as many films that were not withheld and that somebody in training rated.

    Raises:
        SplitError: Nobody watched a withheld film late enough.
    """
    is_cold = np.isin(train.movie_id, cold_ids)
    rest = train.select_rows(~is_cold)
    asked_cold = np.isin(held_out.movie_id, cold_ids)
    asked_warm = np.isin(held_out.movie_id, np.unique(rest.movie_id)) & ~asked_cold
    cold = _ask_for(held_out, asked_cold, f"{name}, withheld films")
    people = set(cold.person_keys)
    warm = _ask_for(held_out, asked_warm, f"{name}, other films")
    warm = warm.select([key in people for key in warm.person_keys])
    return ColdQuestion(name, cold_ids, rest, cold, warm)


def _ask_for(interactions: Interactions, mask: NDArray[np.bool_], protocol: str) -> EvaluationSplit:
    """Ask for the last films where `mask` (N,) is true, one entry each."""
    offsets = interactions.offsets
    place = np.arange(len(interactions)) - offsets[interactions.person]
    rows = np.flatnonzero(mask & (place >= MIN_HISTORY))
    if not len(rows):
        raise SplitError(f"{protocol}: nobody held out watched such a film; load a larger data set")
    after = np.arange(len(rows))
    last_of = np.searchsorted(interactions.person[rows], interactions.person[rows], side="right")
    rows = rows[last_of - after <= TARGETS_PER_PERSON]
    return ask_rows(interactions, protocol, interactions.person[rows], rows, rows + 1)
