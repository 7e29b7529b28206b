"""Maximal marginal relevance, by hand."""

import numpy as np

from recommender.ml.diversity import diversify_order


def test_next_film_trades_score_against_likeness() -> None:
    scores = np.array([1.0, 0.9, 0.7, 0.0], dtype=np.float32)
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    # After film 0: film 1 gains .7 * .9 - .3 * 1 = .33, film 2 gains .7 * .7 - .3 * 0 = .49.
    # After film 2: film 1 is still at .33, film 3 at .7 * 0 - .3 * 1 = -.3.
    assert diversify_order(scores, vectors, share=0.3).tolist() == [0, 2, 1, 3]


def test_no_film_is_lost_and_places_past_the_depth_go_by_score() -> None:
    rng = np.random.default_rng(0)
    scores = np.sort(rng.normal(size=50).astype(np.float32))[::-1].copy()
    vectors = rng.normal(size=(50, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = diversify_order(scores, vectors, depth=10).tolist()
    assert sorted(order) == list(range(50))
    assert order[10:] == sorted(order[10:])
    assert order[0] == 0


def test_short_and_level_lists_stay_as_they_are() -> None:
    level = np.ones(3, dtype=np.float32)
    assert diversify_order(level[:0], np.zeros((0, 2), np.float32)).tolist() == []
    assert diversify_order(level[:2], np.ones((2, 2), np.float32)).tolist() == [0, 1]
    assert diversify_order(level, np.zeros((3, 2), np.float32)).tolist() == [0, 1, 2]
