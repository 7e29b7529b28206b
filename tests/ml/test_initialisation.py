"""Item vectors from neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.ml.config import InitialisationConfig
from recommender.ml.initialisation import log_popularity, neighbour_counts, ppmi_svd_vectors
from recommender.ml.model_building import build_model
from tests.ml.tiny_models import NUM_ITEMS, tiny_config, walk_histories


def test_neighbours_count_less_the_further_apart() -> None:
    counts = neighbour_counts(
        [np.array([1, 2, 3], np.int32), np.array([3, 1], np.int32)], 3, max_gap=2, decay=0.5
    ).toarray()
    expected: list[list[float]] = [
        [0, 1, 1.5],
        [1, 0, 1],
        [1.5, 1, 0],
    ]  # 1-3: 0.5 in one history, 1 in the other
    np.testing.assert_allclose(counts, expected)


def test_films_watched_together_point_the_same_way() -> None:
    rng = np.random.default_rng(0)
    groups = [np.arange(1, 9), np.arange(9, 17)]
    histories = [rng.permutation(groups[i % 2]).astype(np.int32) for i in range(60)]
    vectors = ppmi_svd_vectors(histories, 17, 8)
    unit = vectors[:16] / np.linalg.norm(vectors[:16], axis=1, keepdims=True)
    cosine = unit @ unit.T
    assert cosine[:8, :8].mean() > 0.5
    assert cosine[:8, 8:].mean() < 0.1


def test_a_film_nobody_watched_gets_a_small_vector() -> None:
    vectors = ppmi_svd_vectors([np.array([1, 2, 3, 1, 2], np.int32)], 4, 2)
    assert 0 < np.linalg.norm(vectors[3]) < np.linalg.norm(vectors[:3], axis=1).max()


def test_genres_have_coordinates_of_their_own() -> None:
    config = tiny_config()
    config = replace(config, initialisation=InitialisationConfig(genre_weight=0.5))
    data = walk_histories()
    genres = np.zeros((NUM_ITEMS + 1, 3), dtype=np.bool_)
    genres[1, 0] = genres[2, 0] = genres[2, 2] = True
    model = build_model(config, data.train, NUM_ITEMS, genres)
    started = model.items.detach().numpy()[:, -3:]
    np.testing.assert_allclose(started[0], [0.5, 0, 0])
    np.testing.assert_allclose(started[1], [0.5 / 2**0.5, 0, 0.5 / 2**0.5])
    assert not started[2:].any()


def test_log_popularity_is_centred_and_rises_with_counts() -> None:
    logs = log_popularity([np.array([1, 2], np.int32), np.array([2], np.int32)], 3)
    assert logs.mean() == pytest.approx(0.0, abs=1e-6)
    assert logs[1] > logs[0] > logs[2]
