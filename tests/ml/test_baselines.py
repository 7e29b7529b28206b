"""Baselines against cases worked out by hand or with dense linear algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ml.baselines.base import Baseline, history_matrix, watched_matrix
from recommender.ml.baselines.ease import Ease, EaseRecency
from recommender.ml.baselines.ials import ImplicitALS
from recommender.ml.baselines.item_item import ItemItem
from recommender.ml.baselines.popularity import Popularity
from recommender.ml.baselines.recent_popularity import RecentPopularity
from recommender.ml.baselines.transitions import Transitions
from recommender.ml.datasets import Vocabulary
from recommender.ml.registry import BASELINES, RegistryError, make_baseline
from recommender.ml.tokens import Watchings
from tests.ml.tiny_data import interactions_of

DAY = 86_400


def timed(times: list[NDArray[np.int64]]) -> Watchings:
    """What is known of histories with these times and no stars."""
    return Watchings(times, [np.zeros(len(row), dtype=np.float32) for row in times])


def items(*histories: Sequence[int]) -> list[NDArray[np.int32]]:
    return [np.array(history, dtype=np.int32) for history in histories]


def test_popularity_scores_are_counts() -> None:
    train = interactions_of([[10, 20], [10, 30], [10]])
    scores = Popularity().fit(train, Vocabulary.build(train)).score(items([1], []), None)
    assert scores.tolist() == [[-np.inf, 3, 1, 1]] * 2


def test_recent_popularity_counts_the_month_before_the_request_alone() -> None:
    train = interactions_of([[10], [10], [20], [30]])
    train = replace(train, timestamp=np.array([0, 1, 40, 60]) * DAY)
    model = RecentPopularity(days=30).fit(train, Vocabulary.build(train))
    times = [np.array([45 * DAY]), np.array([60 * DAY]), np.array([500 * DAY])]
    scores = model.score(items([1], [1], [1]), timed(times))
    assert scores[0].argmax() == 2  # day 40 is inside 15..45
    # At day 60 the rating of that very second is not known yet.
    assert scores[1].argmax() == 2
    # Long after all training data the window ends at its newest rating.
    assert scores[2, 2] > 1
    assert scores[2, 3] > 1
    assert scores[2, 1] < 1
    # Outside the window the all-time order stands.
    assert model.score(items([1]), None)[0].argmax() == 1


def test_recent_popularity_ignores_sets_that_keep_order_alone() -> None:
    train = replace(interactions_of([[10], [20]]), order_only=frozenset({"tiny"}))
    model = RecentPopularity().fit(train, Vocabulary.build(train))
    scores = model.score(items([1]), timed([np.array([2000])]))
    assert (scores[0, 1:] < 1).all()


def test_transitions_are_counted_by_gap_and_decayed() -> None:
    train = interactions_of([[1, 2, 3], [1, 3]])
    model = Transitions(gap_decay=0.5, normalisation=0.0, max_gap=2, history_decay=0.5)
    model.fit(train, Vocabulary.build(train))
    dense = model.weights.toarray()
    # 1 -> 2 once at gap 1; 1 -> 3 once at gap 1 and once at gap 2; 2 -> 3 once.
    assert dense[1].tolist() == [0, 0, 1, 1.5]
    assert dense[2].tolist() == [0, 0, 0, 1]
    # After 1, 2 the row of 2 counts in full and that of 1 by half.
    assert model.score(items([1, 2]), None)[0].tolist() == [-np.inf, 0, 0.5, 1.75]


def test_transitions_do_not_cross_from_one_person_to_the_next() -> None:
    train = interactions_of([[1, 2], [3, 4]])
    model = Transitions().fit(train, Vocabulary.build(train))
    assert model.weights.toarray()[2].sum() == 0


def test_transitions_divide_rows_by_a_power_of_their_sum() -> None:
    train = interactions_of([[1, 2], [1, 2], [1, 3], [1, 3]])
    model = Transitions(normalisation=0.5).fit(train, Vocabulary.build(train))
    assert model.weights.toarray()[1].tolist() == [0, 0, 1, 1]


def test_ease_solves_its_closed_form() -> None:
    train = interactions_of([[1, 2, 3], [1, 2], [2, 3, 4], [1, 4], [5, 1]])
    vocabulary = Vocabulary.build(train)
    model = Ease(l2=2.0).fit(train, vocabulary)
    watched = watched_matrix(train, vocabulary).toarray()[:, 1:].astype(np.float64)
    inverse = np.linalg.inv(watched.T @ watched + 2.0 * np.eye(5))
    expected = np.eye(5) - inverse / np.diag(inverse)
    assert np.diag(model.weights).tolist() == [0] * 5
    assert model.weights == pytest.approx(expected, abs=1e-5)
    scores = model.score(items([1, 3]), None)
    assert scores[0, 0] == -np.inf
    assert scores[0, 1:] == pytest.approx(expected[0] + expected[2], abs=1e-5)


def test_ease_with_recency_weighs_the_newest_most() -> None:
    train = interactions_of([[1, 2, 3], [1, 2], [2, 3, 4], [1, 4], [5, 1]])
    vocabulary = Vocabulary.build(train)
    plain = Ease(l2=2.0).fit(train, vocabulary)
    recency = EaseRecency(l2=2.0, history_decay=0.5)
    assert recency.adopt_fit(plain)
    scores = recency.score(items([1, 3]), None)
    assert scores[0, 1:] == pytest.approx(0.5 * plain.weights[0] + plain.weights[2], abs=1e-6)


def test_ease_of_another_penalty_is_not_adopted() -> None:
    train = interactions_of([[1, 2], [2, 1]])
    plain = Ease(l2=2.0).fit(train, Vocabulary.build(train))
    assert not EaseRecency(l2=3.0).adopt_fit(plain)
    assert not EaseRecency(l2=2.0).adopt_fit(Popularity())


def test_ease_never_recommends_what_did_not_fit() -> None:
    train = interactions_of([[1, 2], [1, 2], [3, 1]])
    model = Ease(l2=1.0, max_items=2).fit(train, Vocabulary.build(train))
    scores = model.score(items([1, 3]), None)
    assert np.isfinite(scores[0]).tolist() == [False, True, True, False]


def test_item_item_scores_are_summed_cosines() -> None:
    train = interactions_of([[1, 2], [1, 2], [1, 3], [1]])
    model = ItemItem(neighbours=10).fit(train, Vocabulary.build(train))
    scores = model.score(items([2], [2, 3]), None)
    first_with_second = 2 / (np.sqrt(4) * np.sqrt(2))
    first_with_third = 1 / (np.sqrt(4) * np.sqrt(1))
    assert scores[0, 1] == pytest.approx(first_with_second)
    assert scores[1, 1] == pytest.approx(first_with_second + first_with_third)


def test_ials_finds_two_groups_of_taste() -> None:
    histories = [[1, 2, 3, 4]] * 10 + [[5, 6, 7, 8]] * 10
    train = interactions_of(histories)
    model = ImplicitALS(factors=4, regularization=0.05, alpha=10.0).fit(
        train, Vocabulary.build(train)
    )
    scores = model.score(items([1, 2], [7, 8]), None)
    assert set(np.argsort(-scores[0])[:4].tolist()) == {1, 2, 3, 4}
    assert set(np.argsort(-scores[1])[:4].tolist()) == {5, 6, 7, 8}


@pytest.mark.parametrize("name", list(BASELINES))
def test_every_baseline_scores_all_movies_even_for_empty_histories(name: str) -> None:
    train = interactions_of([[1, 2, 3, 4], [2, 3, 4, 5], [1, 5, 9], [9, 1, 2]])
    vocabulary = Vocabulary.build(train)
    model: Baseline = make_baseline(name).fit(train, vocabulary)
    times = [np.array([5000, 5060]), np.array([], dtype=np.int64)]
    scores = model.score(items([1, 2], []), timed(times))
    assert scores.shape == (2, len(vocabulary))
    assert scores.dtype == np.float32
    assert (scores[:, 0] == -np.inf).all()
    assert np.isfinite(scores[:, 1:]).all()


def test_unknown_baseline_and_option_are_named() -> None:
    with pytest.raises(RegistryError, match="nope: is no baseline"):
        make_baseline("nope")
    with pytest.raises(RegistryError, match="ease: has no option 'depth'; its options: l2"):
        make_baseline("ease", {"depth": 3})
    with pytest.raises(RegistryError, match="ease: l2 must be above 0"):
        make_baseline("ease", {"l2": 0.0})


def test_history_matrix_decays_from_the_newest() -> None:
    matrix = history_matrix(items([3, 1, 2], []), 4, decay=0.5)
    assert matrix.toarray().tolist() == [[0, 0.5, 1, 0.25], [0, 0, 0, 0]]
