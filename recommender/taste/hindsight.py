"""How right the predicted stars would have been: each rating predicted from all the others.

Nobody is predicted from the rating itself: the film is taken out of the history, and what the model
would have said then is set against the stars. The model's own knowledge of films is left as it is.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.models import User
from recommender.answering import get_cached_answer
from recommender.answers import HistoryItem
from recommender.ml.ratings.hindsight import predict_each_without_itself
from recommender.ml.ratings.inference import RatingHead
from recommender.predicting import RANGE_LEVEL
from recommender.ranking import USER_SHRINKAGE
from recommender.serving import Snapshot, read_state
from recommender.taste.reading import read_taste

# Of fewer ratings a mean error says little.
FEWEST_RATINGS = 10
SURPRISES = 3
CLOSE_STARS = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Films `predicted` to get about so many stars, and what they got.

    Four in five of them got `low` to `high` stars.
    """

    predicted: float
    count: int
    given: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Surprise:
    """A film that got other stars than were predicted."""

    movie_id: int
    given: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Hindsight:
    """How right the predictions are for one person.

    `error` is the mean absolute error in stars, `plain_error` that of always guessing the mean of
    the person's other ratings; `close_share` were off by half a star or less. `inside_share` of the
    ratings fell into the predicted range, which is meant to hold `range_level` of them; None where
    the model gives none. `loved` and `let_down` are the greatest surprises of either kind.
    """

    count: int
    error: float
    plain_error: float
    close_share: float
    inside_share: float | None
    range_level: float
    bins: tuple[CalibrationBin, ...]
    loved: tuple[Surprise, ...]
    let_down: tuple[Surprise, ...]


@dataclass(frozen=True)
class _Predictions:
    """Rated films with what was predicted of each, all (N,); the range may be unknown."""

    movie_ids: NDArray[np.int64]
    given: Floats
    expected: Floats
    ends: tuple[Floats, Floats] | None


def get_hindsight(*, user: User | None) -> Hindsight | None:
    """Return how right the predictions are for somebody; None with too few ratings to say.

    Kept like recommendations: until their taste, the model or the catalogue changes.
    """
    if user is None:
        return None
    state = read_state(user_id=user.pk)

    def compute(snapshot: Snapshot) -> bytes:
        found = judge_predictions(snapshot, history=read_taste(user_id=user.pk).history)
        return json.dumps(asdict(found) if found else None).encode()

    return _load(
        get_cached_answer("hindsight", state=state, user_id=user.pk, options="", compute=compute)
    )


def _load(raw: bytes) -> Hindsight | None:
    kept: dict[str, Any] | None = json.loads(raw)
    if kept is None:
        return None
    kept["bins"] = tuple(CalibrationBin(**one) for one in kept["bins"])
    for name in ("loved", "let_down"):
        kept[name] = tuple(Surprise(**one) for one in kept[name])
    return Hindsight(**kept)


def judge_predictions(snapshot: Snapshot, *, history: Sequence[HistoryItem]) -> Hindsight | None:
    """Predict each rating of a history, oldest first, from the others; None with too few."""
    predictions = _predict(snapshot, history)
    count = len(predictions.given)
    if count < FEWEST_RATINGS:
        return None
    off = predictions.given - predictions.expected
    others = (predictions.given.sum() - predictions.given) / (count - 1)
    inside = None
    if predictions.ends is not None:
        low, high = predictions.ends
        inside = float(np.mean((predictions.given >= low) & (predictions.given <= high)))
    return Hindsight(
        count=count,
        error=float(np.abs(off).mean()),
        plain_error=float(np.abs(predictions.given - others).mean()),
        close_share=float(np.mean(np.abs(off) <= CLOSE_STARS)),
        inside_share=inside,
        range_level=RANGE_LEVEL,
        bins=_calibrate(predictions),
        loved=_find_surprises(predictions, off),
        let_down=_find_surprises(predictions, -off),
    )


def _predict(snapshot: Snapshot, history: Sequence[HistoryItem]) -> _Predictions:
    head = snapshot.rating_head
    movie_ids = np.array([item.movie_id for item in history], dtype=np.int64)
    stars = np.array([item.stars for item in history], dtype=np.float64)  # None becomes NaN
    if head is None:
        return _predict_by_biases(snapshot, movie_ids, stars)
    return _predict_by_head(head, movie_ids, stars)


def _predict_by_head(head: RatingHead, movie_ids: NDArray[np.int64], stars: Floats) -> _Predictions:
    """Ask the head of the films it knows; of others it could only repeat a mean."""
    idx = head.index_of(movie_ids)
    known = idx > 0
    forecast = predict_each_without_itself(head, idx[known], stars[known])
    rated = ~np.isnan(stars[known])
    low, high = forecast.interval(RANGE_LEVEL)
    return _Predictions(
        movie_ids=movie_ids[known][rated],
        given=stars[known][rated],
        expected=forecast.expected[rated].astype(np.float64),
        ends=(low[rated].astype(np.float64), high[rated].astype(np.float64)),
    )


def _predict_by_biases(
    snapshot: Snapshot, movie_ids: NDArray[np.int64], stars: Floats
) -> _Predictions:
    """Say how well a film is liked by all and how generous somebody is without that rating."""
    catalogue = snapshot.catalogue
    positions = catalogue.positions_of(movie_ids)
    rated = (positions >= 0) & ~np.isnan(stars)
    films = catalogue.mean_rating + catalogue.item_bias[positions[rated]].astype(np.float64)
    above = stars[rated] - films
    bias = (above.sum() - above) / (len(above) - 1 + USER_SHRINKAGE)
    expected = np.clip(films + bias, 0.5, 5.0)
    return _Predictions(movie_ids[rated], stars[rated], expected, None)


def _calibrate(predictions: _Predictions) -> tuple[CalibrationBin, ...]:
    """Group the films by the half star that was predicted."""
    halves = np.round(predictions.expected * 2) / 2
    bins = []
    for half in np.unique(halves):
        given = predictions.given[halves == half]
        low, high = np.quantile(given, [0.1, 0.9])
        bins.append(
            CalibrationBin(float(half), len(given), float(given.mean()), float(low), float(high))
        )
    return tuple(bins)


def _find_surprises(predictions: _Predictions, off: Floats) -> tuple[Surprise, ...]:
    """Return the films with the greatest `off` above a star, greatest first."""
    best = np.argsort(-off, kind="stable")[:SURPRISES]
    return tuple(
        Surprise(
            int(predictions.movie_ids[place]),
            float(predictions.given[place]),
            float(predictions.expected[place]),
        )
        for place in best[off[best] >= 1.0].tolist()
    )
