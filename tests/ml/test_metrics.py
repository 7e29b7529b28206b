"""Ranking metrics against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ml import metrics
from recommender.ml.metrics import MISS


def scores_of(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def ranks_of(*rows: list[int]) -> list[np.ndarray]:
    return [np.array(row, dtype=np.int64) for row in rows]


NEVER = -np.inf


def test_best_score_ranks_first() -> None:
    scores = scores_of([NEVER, 0.1, 0.9, 0.5])
    ranks = metrics.rank_targets(scores, [np.array([2, 3, 1])])
    assert ranks[0].tolist() == [1, 2, 3]


def test_ties_rank_worst() -> None:
    scores = scores_of([NEVER, 0.5, 0.5, 0.5, 0.9], [NEVER, 0.0, 0.0, 0.0, 0.0])
    ranks = metrics.rank_targets(scores, [np.array([1]), np.array([3])])
    assert [row.tolist() for row in ranks] == [[4], [4]]


def test_unknown_and_unscored_targets_are_misses() -> None:
    scores = scores_of([NEVER, 0.5, NEVER])
    ranks = metrics.rank_targets(scores, [np.array([0, 1, 2])])
    assert ranks[0].tolist() == [MISS, 1, MISS]


def test_nan_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        metrics.rank_targets(scores_of([NEVER, np.nan]), [np.array([1])])


def test_hit_is_any_target_in_the_top_k() -> None:
    ranks = ranks_of([11, 10, MISS], [11, 12], [1])
    assert metrics.hit_rate(ranks, 10).tolist() == [1.0, 0.0, 1.0]


def test_ndcg_of_one_target_is_the_discount_at_its_rank() -> None:
    ranks = ranks_of([1], [2], [3], [10], [11], [MISS])
    expected = [1.0, 1 / np.log2(3), 0.5, 1 / np.log2(11), 0.0, 0.0]
    assert metrics.ndcg(ranks, 10) == pytest.approx(expected)


def test_ndcg_of_five_targets_by_hand() -> None:
    # Ranks 1, 3 and 7 are in the top 10: 1 + 1/2 + 1/3. Ideal: ranks 1 to 5.
    ideal = 1 + 1 / np.log2(3) + 1 / 2 + 1 / np.log2(5) + 1 / np.log2(6)
    value = metrics.ndcg(ranks_of([3, 40, 1, MISS, 7]), 10)[0]
    assert value == pytest.approx((1 + 1 / 2 + 1 / 3) / ideal)
    assert metrics.ndcg(ranks_of([1, 2, 3, 4, 5]), 10)[0] == pytest.approx(1.0)


def test_ideal_list_is_no_longer_than_k() -> None:
    assert metrics.ndcg(ranks_of([1, 2, 3]), 2)[0] == pytest.approx(1.0)


def test_reciprocal_rank_takes_the_best_target() -> None:
    ranks = ranks_of([4, 2, 100], [MISS], [1])
    assert metrics.reciprocal_rank(ranks).tolist() == [0.5, 0.0, 1.0]


def test_top_items_are_sorted_best_first() -> None:
    scores = scores_of([NEVER, 0.1, 0.9, 0.5, 0.7], [NEVER, 4.0, 3.0, 2.0, 1.0])
    assert metrics.top_items(scores, 3).tolist() == [[2, 4, 3], [1, 2, 3]]


def test_coverage_counts_distinct_movies_of_all_lists() -> None:
    shown, items = np.array([[1, 2], [2, 99]]), np.arange(1, 9)
    assert metrics.coverage(shown, items) == pytest.approx(0.25)  # 99 is not one of them


def test_diversity_is_one_minus_the_mean_pairwise_cosine() -> None:
    # Items: 0 padding, 1 = (1,0), 2 = (1,1), 3 = (0,1), 4 without genres.
    genres = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.float32)
    lists = np.array([[1, 2, 3], [1, 1, 1], [1, 3, 4]])
    half = 1 / np.sqrt(2)
    expected = [1 - (half + 0 + half) / 3, 0.0, 1.0]
    assert metrics.diversity(lists, genres) == pytest.approx(expected, abs=1e-6)


def test_novelty_is_mean_self_information_in_bits() -> None:
    # 3 people: counts 3, 1, 0 give -log2(4/4), -log2(2/4), -log2(1/4) = 0, 1, 2 bits.
    counts = np.array([0, 3, 1, 0])
    assert metrics.novelty(np.array([[1, 2], [2, 3]]), counts, 3).tolist() == [0.5, 1.5]


@given(
    scores=st.lists(st.integers(-3, 3), min_size=2, max_size=20),
    data=st.data(),
)
def test_rank_is_one_plus_the_number_of_movies_not_worse(
    scores: list[int], data: st.DataObject
) -> None:
    target = data.draw(st.integers(1, len(scores)))
    row = scores_of([NEVER, *map(float, scores)])
    rank = int(metrics.rank_targets(row, [np.array([target])])[0][0])
    others = [s for item, s in enumerate(scores, start=1) if item != target]
    assert rank == 1 + sum(s >= scores[target - 1] for s in others)
    assert 1 <= rank <= len(scores)


@given(ranks=st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True))
def test_metrics_lie_between_zero_and_one_and_grow_with_k(ranks: list[int]) -> None:
    rows = ranks_of(ranks)
    hits = [metrics.hit_rate(rows, k)[0] for k in (5, 10, 20)]
    assert hits == sorted(hits)
    assert 0.0 <= metrics.ndcg(rows, 10)[0] <= 1.0 + 1e-12
    assert (metrics.ndcg(rows, 10)[0] > 0) == (min(ranks) <= 10)
