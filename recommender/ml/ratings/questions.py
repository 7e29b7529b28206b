"""Questions about stars: from the ratings up to some moment, what were the next ones?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions, Vocabulary

NUM_TARGETS = 5


@dataclass(frozen=True)
class RatingQuestion:
    """One person's ratings so far, oldest first, and the next ones.

    `history` (T,) and `targets` (N,) are item_idx, 0 where unknown (targets alone); `stars` (T,)
    and `answers` (N,) are what was given. `person` counts within the interactions asked.
    """

    person: int
    history: NDArray[np.int64]
    stars: NDArray[np.float32]
    targets: NDArray[np.int64]
    answers: NDArray[np.float32]


def ask_last(
    interactions: Interactions,
    vocabulary: Vocabulary,
    *,
    lengths: tuple[int, int] | None = None,
    seed: int = 0,
) -> list[RatingQuestion]:
    """Ask everyone with more than five ratings for the last five, given all before.

    With `lengths` (low, high) only so many of the newest before them are given: a number drawn
    evenly, both ends included. Who has fewer is not asked.
    """
    rng = np.random.default_rng(seed)
    offsets = interactions.offsets
    questions = []
    for person in range(interactions.num_people):
        first, stop = int(offsets[person]), int(offsets[person + 1])
        cut = stop - NUM_TARGETS
        wanted = None if lengths is None else int(rng.integers(lengths[0], lengths[1] + 1))
        if cut <= first:
            continue
        question = _ask(interactions, vocabulary, person, (first, cut, stop), wanted)
        if wanted is None or len(question.history) == wanted:
            questions.append(question)
    return questions


def ask_along(
    interactions: Interactions, vocabulary: Vocabulary, *, cuts: int, seed: int
) -> list[RatingQuestion]:
    """Ask everyone `cuts` times for the next five ratings: what heads are calibrated on.

    Half of the questions give all before a random moment, the others a random number of the newest
    before it, small ones as likely as large ones, so that newcomers are asked as well.
    """
    rng = np.random.default_rng(seed)
    offsets = interactions.offsets
    questions = []
    for person in range(interactions.num_people):
        first, stop = int(offsets[person]), int(offsets[person + 1])
        if stop - first < 2:
            continue
        for turn in range(cuts):
            cut = first + int(rng.integers(0, stop - first))
            wanted = None
            if turn % 2:
                wanted = int(np.exp(rng.uniform(0, np.log(cut - first + 1)))) - 1
            ends = (first, cut, min(stop, cut + NUM_TARGETS))
            questions.append(_ask(interactions, vocabulary, person, ends, wanted))
    return questions


def _ask(
    interactions: Interactions,
    vocabulary: Vocabulary,
    person: int,
    ends: tuple[int, int, int],
    wanted: int | None,
) -> RatingQuestion:
    first, cut, stop = ends
    history = vocabulary.index_of(interactions.movie_id[first:cut]).astype(np.int64)
    known = history > 0
    history, stars = history[known], interactions.rating[first:cut][known]
    if wanted is not None:
        start = max(0, len(history) - wanted)
        history, stars = history[start:], stars[start:]
    targets = vocabulary.index_of(interactions.movie_id[cut:stop]).astype(np.int64)
    return RatingQuestion(person, history, stars, targets, interactions.rating[cut:stop])
