"""Group recommendation: one list for several people, by an aggregation strategy.

What each person would think of each film is known; a strategy turns those rows into one. After
Masthoff 2011, "Group recommender systems: combining individual models" (Recommender Systems
Handbook, chapter 21), table 21.1: *average*, *least misery* and *average without misery*.

Shapes use M people and N films. Stars are 0.5 to 5.0.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def add_appeal(stars: Array, relevance: Array | Iterable[Array]) -> Array:
    """Return (M, N) how well films suit people: stars, and a little of how near at hand they are.

    Stars alone bring up films that hardly anybody would come to watch next; `relevance` (M, N) is
    a recommender's score on any scale, -inf where it has none. Each row is standardised over its
    scored films and kept within 3; a film without a score has a row's least.
    """
    # Row by row: what one takes stays in the processor's cache, all together do not.
    pairs = zip(stars, relevance, strict=True)
    return np.stack([given + np.float32(APPEAL) * _standardise(scores) for given, scores in pairs])


def _standardise(scores: Array) -> Array:
    """Return (N,) how many standard deviations each score lies above the mean, within 3."""
    scored = np.isfinite(scores)
    known = np.asarray(scores[scored], dtype=np.float32)
    if not len(known):
        return np.zeros(len(scores), dtype=np.float32)
    known -= known.mean()
    spread = np.sqrt(np.square(known).mean())
    if spread > 0:
        known /= spread
    np.clip(known, -3.0, 3.0, out=known)
    if len(known) == len(scores):
        return known
    standard = np.full(len(scores), known.min(), dtype=np.float32)
    standard[scored] = known
    return standard


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
