"""Item-item collaborative filtering: movies watched by the same people."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Self

import numpy as np
from implicit.nearest_neighbours import CosineRecommender
from numpy.typing import NDArray
from scipy import sparse

from recommender.ml.baselines.base import (
    Baseline,
    history_matrix,
    watched_matrix,
    without_padding,
)
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class ItemItem(Baseline):
    """Scores a movie by its summed cosine similarity to the history, over `neighbours` each.

    Sarwar et al., "Item-based Collaborative Filtering Recommendation Algorithms" (WWW 2001).
    """

    name = "item-item"

    def __init__(self, *, neighbours: int = 1000, num_threads: int = 1) -> None:
        self.neighbours = neighbours
        self.num_threads = num_threads

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Keep each movie's most similar movies: (V, V) float32 CSR."""
        self.vocabulary = vocabulary
        model = CosineRecommender(K=self.neighbours, num_threads=self.num_threads)
        with warnings.catch_warnings():
            # The library normalises to COO and then warns itself that it is no CSR.
            warnings.filterwarnings("ignore", message="Method expects CSR")
            model.fit(watched_matrix(interactions, vocabulary), show_progress=False)
        self.similarity = sparse.csr_matrix(model.similarity, dtype=np.float32)
        return self

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - the time plays no part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding -inf."""
        rows = history_matrix(histories, len(self.vocabulary))
        return without_padding((rows @ self.similarity).toarray())
