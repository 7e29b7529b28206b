"""Most watched in the month before the request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.ml.baselines.base import Baseline, count_ratings, without_padding
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.tokens import Watchings

SECONDS_PER_DAY = 86_400


class RecentPopularity(Baseline):
    """Scores a movie by its ratings in the days before the request; all-time counts break ties.

    The time of a request is that of the newest movie of its history. After a temporal cut-off no
    rating is known, so the window then ends at the newest rating trained on.
    """

    name = "recent-popularity"
    needs_true_times = True

    def __init__(self, *, days: float = 30.0) -> None:
        self.days = days

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Keep the ratings with true times in order of time, and count all."""
        self.vocabulary = vocabulary
        counts = count_ratings(interactions, vocabulary)
        self.tie_breaker = counts / (counts.sum() + 1.0)  # below one rating in the window
        timed = interactions.has_true_times[interactions.person]
        order = np.argsort(interactions.timestamp[timed], kind="stable")
        self.times = interactions.timestamp[timed][order]
        self.items = vocabulary.index_of(interactions.movie_id[timed][order])
        return self

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32, padding -inf."""
        scores = np.tile(self.tie_breaker, (len(histories), 1))
        for row, seconds in enumerate(watchings.timestamps if watchings else []):
            if len(seconds) and len(self.times):
                scores[row] += self._count_window(int(seconds[-1]))
        return without_padding(scores)

    def _count_window(self, request_time: int) -> NDArray[np.float32]:
        stop_time = min(request_time, int(self.times[-1]) + 1)
        start_time = stop_time - self.days * SECONDS_PER_DAY
        start, stop = np.searchsorted(self.times, [start_time, stop_time])
        window = np.bincount(self.items[start:stop], minlength=len(self.vocabulary))
        return window.astype(np.float32)
