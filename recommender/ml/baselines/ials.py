"""Implicit matrix factorisation by alternating least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from implicit.als import AlternatingLeastSquares
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommender.ml.baselines.base import (
    Baseline,
    history_matrix,
    watched_matrix,
    without_padding,
)
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class ImplicitALS(Baseline):
    """Scores by the inner product of factors; a new person's factor is solved from the history.

    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008).
    """

    name = "ials"

    def __init__(
        self,
        *,
        factors: int = 64,
        regularization: float = 10.0,
        alpha: float = 1.0,
        iterations: int = 15,
        seed: int = 0,
        num_threads: int = 1,
    ) -> None:
        with threadpool_limits(1, "blas"):
            self.model = AlternatingLeastSquares(
                factors=factors,
                regularization=regularization,
                alpha=alpha,
                iterations=iterations,
                random_state=seed,
                num_threads=num_threads,
            )

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Learn (V, D) float32 item factors."""
        self.vocabulary = vocabulary
        # The library runs its own threads; those of BLAS inside them cost it tenfold.
        with threadpool_limits(1, "blas"):
            self.model.fit(watched_matrix(interactions, vocabulary), show_progress=False)
        return self

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - the time plays no part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding -inf."""
        rows = history_matrix(histories, len(self.vocabulary))
        with threadpool_limits(1, "blas"):
            factors = self.model.recalculate_user(np.arange(len(histories)), rows)
        scores = np.asarray(factors @ self.model.item_factors.T, dtype=np.float32)
        return without_padding(scores)
