"""Tokens: what stands at one position of a sequence, a film and what is known of its watching.

A token is an int64: item_idx in the low 20 bits; above them, only for networks that read them, the
stars it got (4 bits), the half-year it was watched in (7 bits) and the second (32 bits, to 2106), 0
where unknown. The number of a film alone is a token too, so whatever takes tokens takes item_idx. 0
stays padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.ml.datasets import Interactions, Vocabulary

ITEM_BITS, STARS_BITS, ERA_BITS, SECONDS_BITS = 20, 4, 7, 32
MAX_ITEMS = 2**ITEM_BITS - 1
NUM_STARS, NUM_ERAS = 2**STARS_BITS, 2**ERA_BITS
STARS_SHIFT, ERA_SHIFT = ITEM_BITS, ITEM_BITS + STARS_BITS
SECONDS_SHIFT = ERA_SHIFT + ERA_BITS

FIRST_ERA_AT = 788_918_400
"""1995-01-01, unix seconds: no MovieLens rating is older."""
ERA_SECONDS = 15_778_800
"""Half a Julian year."""


@dataclass(frozen=True)
class Watchings:
    """What is known of each film of several histories, beside them (B,): lists of (T,).

    `timestamps` int64 unix seconds, 0 where unknown; `stars` float32 0.5..5, 0 where unknown.
    """

    timestamps: Sequence[NDArray[np.int64]]
    stars: Sequence[NDArray[np.float32]]


class Bits(Protocol):
    """Integers of numpy or torch."""

    def __and__(self, other: int, /) -> Any:
        """Return the bits of both."""

    def __rshift__(self, other: int, /) -> Any:
        """Return the higher bits."""


Tokens = TypeVar("Tokens", bound=Bits)


def items_of(tokens: Tokens) -> Tokens:
    """Return the item_idx of tokens, of their shape."""
    items: Tokens = tokens & MAX_ITEMS
    return items


def stars_of(tokens: Tokens) -> Tokens:
    """Return twice the stars, 1..10, of tokens; 0 where unknown."""
    stars: Tokens = (tokens >> STARS_SHIFT) & (NUM_STARS - 1)
    return stars


def eras_of(tokens: Tokens) -> Tokens:
    """Return the half-year, 1..127, of tokens; 0 where unknown."""
    eras: Tokens = (tokens >> ERA_SHIFT) & (NUM_ERAS - 1)
    return eras


def seconds_of(tokens: Tokens) -> Tokens:
    """Return the unix second, to 2**32 - 1, of tokens; 0 where unknown."""
    seconds: Tokens = (tokens >> SECONDS_SHIFT) & (2**SECONDS_BITS - 1)
    return seconds


def era_at(timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the half-year, 1..127, of unix seconds; 0 for times not above 0, which are unknown."""
    era = (timestamps - FIRST_ERA_AT) // ERA_SECONDS + 1
    return np.where(timestamps > 0, era.clip(1, NUM_ERAS - 1), 0)


@dataclass(frozen=True)
class TokenFeatures:
    """What tokens carry besides the film, for a network that reads it.

    `times` are half-years, `seconds` exact times.
    """

    stars: bool = False
    times: bool = False
    seconds: bool = False

    @property
    def read_timestamps(self) -> bool:
        """Return whether anything is read of when a film was watched."""
        return self.times or self.seconds

    def make_tokens(
        self,
        item_idx: NDArray[np.integer],
        *,
        stars: ArrayLike | None = None,
        timestamps: ArrayLike | None = None,
    ) -> NDArray[np.int64]:
        """Return tokens (T,) int64 of films (T,) with what is read of their stars and times.

        `stars` are 0.5..5, 0 or NaN where unknown; `timestamps` unix seconds, 0 where unknown.
        Padding, item_idx 0, stays 0.
        """
        tokens = np.asarray(item_idx, dtype=np.int64)
        known = tokens > 0
        if self.stars and stars is not None:
            halves = np.rint(np.nan_to_num(np.asarray(stars, dtype=np.float64)) * 2)
            tokens = tokens | np.where(known, halves.clip(0, 10).astype(np.int64), 0) << STARS_SHIFT
        if self.times and timestamps is not None:
            eras = era_at(np.asarray(timestamps, dtype=np.int64))
            tokens = tokens | np.where(known, eras, 0) << ERA_SHIFT
        if self.seconds and timestamps is not None:
            seconds = np.asarray(timestamps, dtype=np.int64).clip(0, 2**SECONDS_BITS - 1)
            tokens = tokens | np.where(known, seconds, 0) << SECONDS_SHIFT
        return tokens

    def make_row(
        self, item_idx: NDArray[np.integer], watchings: Watchings | None, row: int
    ) -> NDArray[np.int64]:
        """Return the tokens (T,) of one of several histories, films alone without watchings."""
        return self.make_tokens(
            item_idx,
            stars=watchings.stars[row] if watchings else None,
            timestamps=watchings.timestamps[row] if watchings else None,
        )


def token_histories(
    interactions: Interactions, vocabulary: Vocabulary, features: TokenFeatures
) -> list[NDArray[np.int64]]:
    """Return each person's tokens, oldest first, without films unknown to `vocabulary`.

    The list is (P,) long, in the order of `interactions`; a history can be empty. Times of people
    whose timestamps tell order alone are unknown.
    """
    tokens = features.make_tokens(
        vocabulary.index_of(interactions.movie_id),
        stars=interactions.rating,
        timestamps=interactions.true_timestamps,
    )
    rows = (tokens[a:b] for a, b in pairwise(interactions.offsets))
    return [row[row > 0] for row in rows]


def count_items(histories: Sequence[NDArray[np.int64]], num_indices: int) -> NDArray[np.int64]:
    """Return (V,) int64: how many histories, of tokens, hold each item."""
    watched = items_of(np.concatenate(histories))
    return np.bincount(watched, minlength=num_indices).astype(np.int64)
