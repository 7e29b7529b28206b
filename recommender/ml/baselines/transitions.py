"""Which movie people watch soon after which, counted: a Markov chain with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ml.baselines.base import Baseline, history_matrix, known_rows, without_padding
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class Transitions(Baseline):
    """Scores a movie by how often it follows the newest movies of a history.

    A pair at a gap of g <= `max_gap` places counts `gap_decay`^(g-1); rows are divided by their
    sum to the power `normalisation`; the movie n places before the newest weighs
    `history_decay`^n, up to `max_history` movies.
    """

    name = "transitions"

    def __init__(
        self,
        *,
        max_gap: int = 10,
        gap_decay: float = 0.9,
        normalisation: float = 0.9,
        history_decay: float = 0.7,
        max_history: int = 20,
    ) -> None:
        self.max_gap = max_gap
        self.gap_decay = gap_decay
        self.normalisation = normalisation
        self.history_decay = history_decay
        self.max_history = max_history

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Count decayed transitions: (V, V) float32 CSR."""
        self.vocabulary = vocabulary
        people, items = known_rows(interactions, vocabulary)
        shape = (len(vocabulary), len(vocabulary))
        counts = sparse.csr_matrix(shape, dtype=np.float32)
        for gap in range(1, self.max_gap + 1):
            same = people[gap:] == people[:-gap]
            weight = np.full(same.sum(), self.gap_decay ** (gap - 1), dtype=np.float32)
            pairs = (items[:-gap][same], items[gap:][same])
            counts = counts + sparse.csr_matrix((weight, pairs), shape=shape)
        totals = np.asarray(counts.sum(axis=1)).ravel()
        scale = np.where(totals > 0, totals, 1.0) ** -self.normalisation
        self.weights = sparse.csr_matrix(sparse.diags(scale.astype(np.float32)) @ counts)
        return self

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - order alone plays a part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding -inf."""
        newest = [history[-self.max_history :] for history in histories]
        rows = history_matrix(newest, len(self.vocabulary), decay=self.history_decay)
        return without_padding((rows @ self.weights).toarray())
