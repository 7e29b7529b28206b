"""A person's own scale of stars, by hand-computed cases."""

import pytest

from recommender.answers import HistoryItem
from recommender.own_scale import OwnScale, put_lukewarm_last, read_own_scale
from recommender.predicting import PredictedStars


def test_mean_is_drawn_to_everybodys_by_five_ratings() -> None:
    history = [HistoryItem(1, 5.0), HistoryItem(2, 4.0), HistoryItem(3)]
    assert read_own_scale(history, everybody=3.5).mean == pytest.approx((9 + 17.5) / 7)
    assert read_own_scale([], everybody=3.2).mean == pytest.approx(3.2)


def test_film_is_liked_from_the_own_mean_on_and_never_at_two_stars() -> None:
    strict = OwnScale(mean=2.4)
    assert strict.is_liked(HistoryItem(1, 2.5))
    assert not OwnScale(mean=1.5).is_liked(HistoryItem(1, 2.0))
    assert not OwnScale(mean=4.2).is_liked(HistoryItem(1, 4.0))
    assert not strict.is_liked(HistoryItem(1))


def test_film_is_lukewarm_where_it_is_predicted_clearly_below_the_mean() -> None:
    scale = OwnScale(mean=3.8)
    assert scale.is_lukewarm(PredictedStars(3.5))
    assert not scale.is_lukewarm(PredictedStars(3.6))
    assert not scale.is_lukewarm(None)


def test_lukewarm_films_go_last_and_the_others_keep_their_order() -> None:
    predicted = [PredictedStars(2.0), PredictedStars(4.0), None, PredictedStars(3.0)]
    assert put_lukewarm_last("abcd", predicted, scale=OwnScale(3.6)) == ["b", "c", "a", "d"]
