"""Most watched of all time, the same for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.ml.baselines.base import Baseline, count_ratings, without_padding
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings


class Popularity(Baseline):
    """Scores a movie by how many people rated it."""

    name = "popularity"

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Count the ratings of each movie: (V,) float32."""
        self.vocabulary = vocabulary
        self.counts = count_ratings(interactions, vocabulary)
        return self

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - the time plays no part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding -inf."""
        return without_padding(np.tile(self.counts, (len(histories), 1)))
