"""EASE: the linear autoencoder with a closed-form solution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, lapack

from recommender.ml.baselines.base import (
    Baseline,
    history_matrix,
    watched_matrix,
)
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class Ease(Baseline):
    """Scores a history x by x B, where B minimises ||X - X B||^2 + l2 ||B||^2 with diag(B) = 0.

    Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), equation 8. Only the
    `max_items` most rated movies take part (the inverse is dense: 4 bytes x max_items^2); the
    others are never recommended. `history_decay` weighs the movie n places before the newest
    decay^n when scoring; 1.0 is the plain method.
    """

    name: ClassVar[str] = "ease"

    def __init__(
        self, *, l2: float = 1500.0, history_decay: float = 1.0, max_items: int = 20_000
    ) -> None:
        if l2 <= 0:
            raise ValueError("l2 must be above 0")
        self.l2 = l2
        self.history_decay = history_decay
        self.max_items = max_items

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Solve for the (N, N) float32 weights of the N <= `max_items` most rated movies."""
        self.vocabulary = vocabulary
        watched = watched_matrix(interactions, vocabulary)
        counts = np.asarray(watched.sum(axis=0)).ravel()
        ranked = np.argsort(-counts, kind="stable")[: self.max_items]
        self.items = np.sort(ranked[counts[ranked] > 0])  # never padding: nobody rated it
        watched = watched[:, self.items]
        gram = np.asfortranarray((watched.T @ watched).toarray(), dtype=np.float32)
        gram[np.diag_indices_from(gram)] += self.l2
        self.weights = _solve(gram)
        return self

    def adopt_fit(self, other: Baseline) -> bool:
        """Share the weights of another fitted with the same penalty on the same movies."""
        fits_alike = (
            isinstance(other, Ease) and other.l2 == self.l2 and other.max_items == self.max_items
        )
        if isinstance(other, Ease) and fits_alike:
            self.vocabulary = other.vocabulary
            self.items, self.weights = other.items, other.weights
        return fits_alike

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - order alone plays a part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding and left-out movies -inf."""
        rows = history_matrix(histories, len(self.vocabulary), decay=self.history_decay)
        scores = np.full((len(histories), len(self.vocabulary)), -np.inf, dtype=np.float32)
        scores[:, self.items] = rows[:, self.items] @ self.weights
        return scores


class EaseRecency(Ease):
    """EASE that lets the newest movies of a history weigh most."""

    name = "ease-recency"

    def __init__(
        self, *, l2: float = 1500.0, history_decay: float = 0.8, max_items: int = 20_000
    ) -> None:
        super().__init__(l2=l2, history_decay=history_decay, max_items=max_items)


def _solve(gram: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn the Gram matrix plus penalty into B = I - P / diag(P) with P its inverse, in place.

    Raises:
        LinAlgError: The matrix is not positive definite; the penalty is too small.
    """
    factor, info = lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    if info == 0:
        factor, info = lapack.spotri(factor, lower=1, overwrite_c=1)
    if info != 0:
        msg = "the Gram matrix is not positive definite; use a larger l2"
        raise LinAlgError(msg)
    for column in range(len(factor) - 1):  # LAPACK fills the lower triangle alone
        factor[column, column + 1 :] = factor[column + 1 :, column]
    inverse: NDArray[np.float32] = (
        factor.T
    )  # symmetric, so the same values, now contiguous by row for scoring
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0.0)
    return inverse
