"""Group recommendation: one list for several people, by an aggregation strategy.

What each person would think of each film is known; a strategy turns those rows into one. After
Masthoff 2011, "Group recommender systems: combining individual models" (Recommender Systems
Handbook, chapter 21), table 21.1: *average*, *least misery* and *average without misery*.

Shapes use M people and N films. Stars are 0.5 to 5.0.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Strategy = Literal["average", "least_misery", "average_without_misery"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

MISERY = 3.0
"""A film below so many predicted stars for anybody is misery."""

APPEAL = 0.25
"""Stars that one standard deviation of somebody's relevance is worth."""

BELOW_ALL = 10.0
"""Puts miserable films below all others: more than stars and appeal together span by far."""


def add_appeal(stars: Array, relevance: Array) -> Array:
    """Return (M, N) how well films suit people: stars, and a little of how near at hand they are.

    Stars alone bring up films that hardly anybody would come to watch next; `relevance` (M, N) is
    a recommender's score on any scale, -inf where it has none. Each row is standardised over its
    scored films and kept within 3; a film without a score has a row's least.
    """
    scored = np.isfinite(relevance)
    counts = np.maximum(scored.sum(axis=1, keepdims=True), 1)
    known = np.where(scored, relevance, 0.0)
    centred = np.where(scored, known - known.sum(axis=1, keepdims=True) / counts, 0.0)
    spread = np.sqrt(np.square(centred).sum(axis=1, keepdims=True) / counts)
    standard = np.clip(centred / np.where(spread > 0, spread, 1.0), -3.0, 3.0)
    least = standard.min(axis=1, keepdims=True, initial=0.0)
    appeal = APPEAL * np.where(scored, standard, least)
    return np.asarray(stars + appeal, dtype=np.float32)


def average(suits: Array) -> Array:
    """Return (N,) the mean over people."""
    return np.asarray(suits.mean(axis=0), dtype=np.float32)


def least_misery(suits: Array) -> Array:
    """Return (N,) what the least keen person thinks: a group is as happy as its unhappiest."""
    return np.asarray(suits.min(axis=0), dtype=np.float32)


def average_without_misery(suits: Array, stars: Array) -> Array:
    """Return (N,) the mean, with films that are misery for anybody put last.

    Masthoff leaves those out; here they follow all others by least misery, so that a group that
    agrees on nothing still gets a list.
    """
    is_miserable = stars.min(axis=0) < MISERY
    spared = np.where(is_miserable, least_misery(suits) - BELOW_ALL, average(suits))
    return np.asarray(spared, dtype=np.float32)


def aggregate(strategy: Strategy, stars: Array, *, suits: Array | None = None) -> Array:
    """Return (N,) the group's score of each film, higher is better.

    `stars` (M, N) decide what is misery; `suits` (M, N) is what is combined, the stars themselves
    where not given.

    Raises:
        ValueError: There is nobody, or no such strategy.
    """
    if not len(stars):
        raise ValueError("a group of nobody has no score")
    combined = stars if suits is None else suits
    if strategy == "average":
        return average(combined)
    if strategy == "least_misery":
        return least_misery(combined)
    if strategy == "average_without_misery":
        return average_without_misery(combined, stars)
    raise ValueError(f"{strategy!r} is no strategy; there are: {', '.join(STRATEGIES)}")
