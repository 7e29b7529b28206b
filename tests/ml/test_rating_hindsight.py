"""Predicting each rated film without itself gives what predicting it after deletion gives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ml.ratings.hindsight import predict_each_without_itself
from recommender.ml.ratings.inference import MAX_HISTORY, RatingHead
from tests.ml.rating_heads import films, plain_head, stars

NUM_FILMS = 2000


def make_head() -> RatingHead:
    rng = np.random.default_rng(3)
    return plain_head(
        movie_ids=np.arange(NUM_FILMS + 1, dtype=np.int64) * 10,
        bias=rng.normal(0, 0.4, NUM_FILMS + 1).astype(np.float32),
        loadings=rng.normal(0, 0.5, (NUM_FILMS + 1, 5)).astype(np.float32),
        noise=rng.uniform(0.4, 1.2, NUM_FILMS + 1).astype(np.float32),
        doubt=rng.uniform(0, 0.2, NUM_FILMS + 1).astype(np.float32),
        leaning=rng.normal(0, 0.3, (NUM_FILMS + 1, 5)).astype(np.float32),
        age_power=0.6,
        spread_weight=7.0,
    )


def make_history(length: int, *, halves: bool) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rng = np.random.default_rng(length)
    given = rng.integers(1, 11, length) / 2 if halves else rng.integers(1, 6, length)
    return rng.permutation(NUM_FILMS)[:length] + 1, given.astype(np.float32)


@pytest.mark.parametrize("halves", [True, False])
@pytest.mark.parametrize("length", [1, 2, 7, 60, MAX_HISTORY, MAX_HISTORY + 1, 1600])
def test_each_film_is_predicted_as_if_it_were_deleted(length: int, halves: bool) -> None:
    head = make_head()
    history, given = make_history(length, halves=halves)
    forecast = predict_each_without_itself(head, history, given)
    low, high = forecast.interval(0.8)
    edge = length - MAX_HISTORY
    for place in {0, length // 2, length - 1, *(k for k in (edge - 1, edge) if k > 0)}:
        kept = np.arange(length) != place
        alone = head.predict(history[kept], given[kept], history[[place]])
        assert forecast.expected[place] == pytest.approx(alone.expected[0], abs=1e-5)
        assert forecast.probabilities[place] == pytest.approx(alone.probabilities[0], abs=1e-5)
        ends = (low[place], high[place])
        assert ends == pytest.approx(tuple(float(end[0]) for end in alone.interval(0.8)), abs=1e-5)


def test_one_half_star_says_nothing_of_itself() -> None:
    head, history, given = make_head(), films(3, 8, 12), stars(4.0, 2.5, 3.0)
    forecast = predict_each_without_itself(head, history, given)
    for place in range(3):
        kept = np.arange(3) != place
        alone = head.predict(history[kept], given[kept], history[[place]])
        assert forecast.probabilities[place] == pytest.approx(alone.probabilities[0], abs=1e-6)


def test_film_watched_without_stars_is_predicted_too() -> None:
    head, history, given = make_head(), films(3, 8, 12, 20), stars(4.0, np.nan, 3.0, 1.5)
    forecast = predict_each_without_itself(head, history, given)
    for place in range(4):
        kept = np.arange(4) != place
        alone = head.predict(history[kept], given[kept], history[[place]])
        assert forecast.expected[place] == pytest.approx(alone.expected[0], abs=1e-6)


def test_a_generous_person_is_predicted_by_hand() -> None:
    # Two films of bias 0, one coordinate of 0.5, noise 1: the other film's +1 star is halved by
    # 0.25 / (1 + 0.25), so 3.5 + 0.5 * 0.5 * 1 / 1.25 = 3.7.
    head = plain_head(bias=np.zeros(5, dtype=np.float32))
    forecast = predict_each_without_itself(head, films(1, 2), stars(2.0, 4.5))
    assert forecast.expected[0] == pytest.approx(3.7)


def test_no_history_has_no_predictions() -> None:
    assert len(predict_each_without_itself(make_head(), films(), stars()).expected) == 0
