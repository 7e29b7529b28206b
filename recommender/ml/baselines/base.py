"""What all baselines share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ml.datasets import PADDING_IDX, Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class Baseline(ABC):
    """A recommender fitted by counting or linear algebra; every rating is one watched movie."""

    name: ClassVar[str]
    needs_true_times: ClassVar[bool] = False
    vocabulary: Vocabulary

    @abstractmethod
    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Learn from the people of `interactions`; movies outside the vocabulary are skipped."""

    @abstractmethod
    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history (item_idx, oldest first): (B, V), padding -inf.

        `watchings` lie beside the histories, for models that read more than films.
        """

    def adopt_fit(self, other: Baseline) -> bool:  # noqa: ARG002 - what there is to adopt differs
        """Take over what `other` learned, if that is what fitting this would give; tell whether."""
        return False


def known_rows(
    interactions: Interactions, vocabulary: Vocabulary
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return (person, item_idx) of each rating, both (N,), without movies of no vocabulary."""
    items = vocabulary.index_of(interactions.movie_id)
    known = items != PADDING_IDX
    return interactions.person[known], items[known]


def count_ratings(interactions: Interactions, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Return how many people rated each movie: (V,) float32, 0 for padding."""
    _, items = known_rows(interactions, vocabulary)
    return np.bincount(items, minlength=len(vocabulary)).astype(np.float32)


def watched_matrix(
    interactions: Interactions, vocabulary: Vocabulary
) -> sparse.csr_matrix[np.float32]:
    """Return (P, V) float32 CSR, 1.0 where a person rated a movie of the vocabulary."""
    places = known_rows(interactions, vocabulary)
    ones = np.ones(len(places[0]), dtype=np.float32)
    return sparse.csr_matrix((ones, places), shape=(interactions.num_people, len(vocabulary)))


def history_matrix(
    histories: Sequence[NDArray[np.int32]], num_items: int, *, decay: float = 1.0
) -> sparse.csr_matrix[np.float32]:
    """Return (B, V) float32 CSR of histories, decay^n for the movie n places before the newest."""
    lengths = [len(history) for history in histories]
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    weights = [decay ** np.arange(length - 1, -1, -1, dtype=np.float32) for length in lengths]
    indices = np.concatenate([*histories, np.empty(0, dtype=np.int32)])
    data = np.concatenate([*weights, np.empty(0, dtype=np.float32)]).astype(np.float32)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(histories), num_items))


def without_padding(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Set the padding column of (B, V) scores to -inf, in place, and return them."""
    scores[:, PADDING_IDX] = -np.inf
    return scores
