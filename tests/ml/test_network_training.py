"""Networks trained for one question, in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.datasets import load_interactions
from recommender.ml.errors import TrainingError
from recommender.ml.export import export_model
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.network_training import NetworkRecommender, prepare_trainer, train_network
from recommender.ml.splits import hold_out_validation_people
from tests.ml.tiny_data import interactions_of, random_rows, write_csv_set
from tests.ml.tiny_models import tiny_config


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> NetworkRecommender:
    data = write_csv_set(tmp_path_factory.mktemp("data") / "tiny-set", random_rows(100, 30))
    return train_network(prepare_trainer(tiny_config(), load_interactions([data])))


def test_trained_network_tells_of_its_training(network: NetworkRecommender) -> None:
    assert network.name == "tiny"
    assert network.record["epochs"] == len(network.record["epoch_table"]) == 2
    assert network.record["best_epoch"] in {1, 2}
    weights = sum(parameter.numel() for parameter in network.model.parameters())
    assert network.record["parameters"] == weights


def test_scores_in_memory_are_those_of_the_exported_model(
    network: NetworkRecommender, tmp_path: Path
) -> None:
    card = {"name": "tiny", "model": {"max_seq_len": network.model.config.max_seq_len}}
    movie_ids = network.vocabulary.movie_ids
    export_model(tmp_path / "model", network.model, movie_ids, network.popularity, card)
    served = InferenceModel.load(tmp_path / "model", num_threads=1)
    histories = [np.arange(1, n, dtype=np.int32) for n in (2, 6, 25)]
    ours = network.score(histories, None)
    theirs = served.scores(served.encode(histories))
    assert ours.dtype == np.float32
    assert (ours[:, 0] == -np.inf).all()
    np.testing.assert_allclose(ours[:, 1:], theirs[:, 1:], rtol=0.02, atol=0.02)


def test_empty_history_gets_popularity(network: NetworkRecommender) -> None:
    empty = np.array([], dtype=np.int32)
    scores = network.score([empty, np.array([3], dtype=np.int32)], None)
    assert scores[0, 1:].tolist() == network.popularity[1:].tolist()
    assert scores[1, 1:].tolist() != network.popularity[1:].tolist()


def test_validation_people_are_not_trained_on(tmp_path: Path) -> None:
    data = write_csv_set(tmp_path / "tiny-set", random_rows(100, 30))
    train = load_interactions([data])
    trainer = prepare_trainer(tiny_config(), train)
    fit, validation = hold_out_validation_people(train, fraction=0.3)
    assert len(trainer.data.train) == fit.num_people
    assert len(trainer.data.validation) == validation.num_people > 0


def test_interrupted_training_goes_on_to_the_same_network(tmp_path: Path) -> None:
    train = load_interactions([write_csv_set(tmp_path / "tiny-set", random_rows(80, 30))])
    whole = train_network(prepare_trainer(tiny_config(), train))
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    prepare_trainer(tiny_config(), train, checkpoint=checkpoint).run_epoch()
    resumed = train_network(prepare_trainer(tiny_config(), train, checkpoint=checkpoint))
    for ours, theirs in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert (ours == theirs).all()


def test_too_few_people_are_named() -> None:
    config = tiny_config()
    config = replace(config, data=replace(config.data, validation_fraction=0.0))
    with pytest.raises(TrainingError, match="tiny: 3 people are too few"):
        prepare_trainer(config, interactions_of([[1, 2, 3]] * 3))
