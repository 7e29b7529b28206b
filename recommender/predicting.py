"""The stars somebody would give, and how sure that is: from the rating head of the active model.

A model of an earlier training may have no rating head, and a head knows the films it was trained
on. Where it says nothing, the catalogue's bias predictor does, without a range; of a film that
nobody has rated either, nothing is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender import ranking
from recommender.answers import HistoryItem
from recommender.ml.ratings.forecast import StarForecast
from recommender.ml.ratings.inference import RatingHead
from recommender.serving import Snapshot

RANGE_LEVEL = 0.8


@dataclass(frozen=True, slots=True)
class PredictedStars:
    """Stars predicted for one film.

    `expected` is 0.5 to 5.0; four in five ratings fall from `low` to `high`; `liking` is the
    probability of four stars or more. The last three are None where only biases are known.
    """

    expected: float
    low: float | None = None
    high: float | None = None
    liking: float | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """The range that holds four times in five, if known."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def predict_stars(
    snapshot: Snapshot, *, history: Sequence[HistoryItem], positions: NDArray[np.int64]
) -> list[PredictedStars | None]:
    """Return what a person with this history would give the films at these catalogue positions."""
    if not len(positions):
        return []
    head = snapshot.rating_head
    if head is None:
        return _predict_by_biases(snapshot, history, positions)
    forecast, is_known = ask_head(head, snapshot, history, positions)
    low, high = forecast.interval(RANGE_LEVEL)
    columns = (forecast.expected, low, high, forecast.probability_of_liking)
    # Rounded in double precision, where two decimals stay two when they are written out.
    rows = zip(*(column.astype(np.float64).round(2).tolist() for column in columns), strict=True)
    return [
        PredictedStars(*row) if known else None
        for row, known in zip(rows, is_known.tolist(), strict=True)
    ]


def ask_head(
    head: RatingHead,
    snapshot: Snapshot,
    history: Sequence[HistoryItem],
    positions: NDArray[np.int64],
) -> tuple[StarForecast, NDArray[np.bool_]]:
    """Return the stars of the films at these positions (N,) after a history, by the head.

    Also (N,) bool which of them it or the catalogue knows anything of.
    """
    catalogue = snapshot.catalogue
    past, stars = index_history(head, history)
    asked = snapshot.rated_idx[positions]
    forecast = head.predict(past, stars, asked, unknown_bias=catalogue.item_bias[positions])
    return forecast, (asked > 0) | (catalogue.rating_count[positions] > 0)


def index_history(
    head: RatingHead, history: Sequence[HistoryItem]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return what the head reads of a history: its indices (T,) and stars (T,), NaN where none."""
    past = head.index_of([item.movie_id for item in history])
    return past, np.array([item.stars for item in history], dtype=np.float32)  # None becomes NaN


def _predict_by_biases(
    snapshot: Snapshot, history: Sequence[HistoryItem], positions: NDArray[np.int64]
) -> list[PredictedStars | None]:
    catalogue = snapshot.catalogue
    bias = ranking.estimate_user_bias(catalogue, tuple(history))
    stars = ranking.predict_ratings(catalogue, positions, user_bias=bias)
    is_rated = catalogue.rating_count[positions] > 0
    return [
        PredictedStars(round(expected, 2)) if known else None
        for expected, known in zip(stars.tolist(), is_rated.tolist(), strict=True)
    ]
