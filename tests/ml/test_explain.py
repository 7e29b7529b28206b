"""Reasons: deleting a film really lowers the candidate by what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.ml.explain import log_probabilities, occlusion_drops
from recommender.ml.inference import InferenceModel
from tests.ml.tiny_models import write_small_model

CANDIDATES = [7, 33]


@pytest.fixture
def model(tmp_path: Path) -> InferenceModel:
    write_small_model(tmp_path / "model", output_bias=True)
    return InferenceModel.load(tmp_path / "model")


def _log_probability(model: InferenceModel, sequence: list[int], candidate: int) -> float:
    scores = model.scores(model.encode([np.array(sequence)]))[0].astype(np.float64)
    return float(scores[candidate] - np.log(np.exp(scores[1:]).sum()))


def test_each_drop_is_what_deleting_the_film_costs(model: InferenceModel) -> None:
    history = [3, 17, 5, 40, 1]
    found = occlusion_drops(model, np.array(history), CANDIDATES)
    assert found.positions.tolist() == [0, 1, 2, 3, 4]
    for row, position in enumerate(found.positions):
        shorter = history[:position] + history[position + 1 :]
        for column, candidate in enumerate(CANDIDATES):
            expected = _log_probability(model, history, candidate) - _log_probability(
                model, shorter, candidate
            )
            assert found.drops[row, column] == pytest.approx(expected, abs=1e-4)


def test_only_the_last_films_are_deleted(model: InferenceModel) -> None:
    found = occlusion_drops(model, np.arange(1, 11), CANDIDATES, last=3)
    assert found.positions.tolist() == [7, 8, 9]
    assert found.drops.shape == (3, 2)


def test_a_history_longer_than_the_network_reads_is_explained(model: InferenceModel) -> None:
    found = occlusion_drops(model, np.arange(1, 31), CANDIDATES)
    assert found.positions.tolist() == list(range(14, 30))


def test_without_its_only_film_a_history_predicts_by_popularity(model: InferenceModel) -> None:
    found = occlusion_drops(model, np.array([3]), CANDIDATES)
    popular = model.popularity_scores()
    for column, candidate in enumerate(CANDIDATES):
        expected = _log_probability(model, [3], candidate) - float(popular[candidate])
        assert found.drops[0, column] == pytest.approx(expected, abs=1e-4)


def test_an_empty_history_is_refused(model: InferenceModel) -> None:
    with pytest.raises(ValueError, match="empty history"):
        occlusion_drops(model, np.array([], dtype=np.int64), CANDIDATES)


def test_log_probabilities_sum_to_one_even_of_large_scores() -> None:
    logs = log_probabilities(np.array([[-np.inf, 500.0, 499.0]], dtype=np.float32))
    assert np.exp(logs).sum() == pytest.approx(1.0)
    assert logs[0, 1] - logs[0, 2] == pytest.approx(1.0)
