"""Baselines trained by gradient descent: what they learn, when they stop, whom one can ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from recommender.ml.baselines.base import Baseline, history_matrix, watched_matrix
from recommender.ml.baselines.lightgcn import LightGCN
from recommender.ml.baselines.ncf import NeuMF, NeuralCF
from recommender.ml.baselines.neural import NeuralBaseline
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.registry import RegistryError, make_baseline
from tests.ml.tiny_data import interactions_of

NAMES = ("ncf", "lightgcn")
QUICK: dict[str, Any] = {
    "embedding_dim": 8,
    "learning_rate": 0.02,
    "batch_size": 64,
    "epochs": 30,
    "num_threads": 1,
}


def two_tastes(num_people: int = 40) -> Interactions:
    """Return people who watched 7 of movies 1..8, or 7 of movies 11..18, in any order."""
    rng = np.random.default_rng(0)
    firsts = [1 if person % 2 else 11 for person in range(num_people)]
    return interactions_of([(first + rng.permutation(8)[:7]).tolist() for first in firsts])


def fit_quickly(name: str, *, num_people: int = 40, **options: Any) -> NeuralBaseline:
    train = two_tastes(num_people)
    model = make_baseline(name, {**QUICK, **options}).fit(train, Vocabulary.build(train))
    assert isinstance(model, NeuralBaseline)
    return model


def items(*histories: list[int]) -> list[NDArray[np.int32]]:
    return [np.array(history, dtype=np.int32) for history in histories]


@pytest.mark.parametrize("name", NAMES)
def test_people_of_two_tastes_are_told_apart_though_never_trained_on(name: str) -> None:
    scores = fit_quickly(name).score(items([1, 2, 3], [9, 10, 11]), None)
    assert scores.shape == (2, 17)
    assert set(np.argsort(-scores[0])[:8].tolist()) == set(range(1, 9))
    assert set(np.argsort(-scores[1])[:8].tolist()) == set(range(9, 17))


@pytest.mark.parametrize("name", NAMES)
def test_one_person_is_scored_alike_in_any_company_and_order(name: str) -> None:
    model = fit_quickly(name, epochs=3)
    together = model.score(items([1, 2, 3], [], [9, 4], [7]), None)
    apart = [model.score(items(row), None)[0] for row in ([3, 1, 2], [], [4, 9], [7])]
    assert together[:, 1:] == pytest.approx(np.stack(apart)[:, 1:], abs=1e-5)
    assert (together[:, 0] == -np.inf).all()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_history_gets_popularity(name: str) -> None:
    model = fit_quickly(name, epochs=1)
    assert model.score(items([]), None)[0, 1:].tolist() == model.popularity[1:].tolist()
    assert model.popularity.sum() > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_model_and_another_does_not(name: str) -> None:
    first, second, third = (fit_quickly(name, epochs=2, seed=seed) for seed in (1, 1, 2))
    histories = items([1, 2])
    same = first.score(histories, None)
    assert np.array_equal(same, second.score(histories, None))
    assert not np.allclose(same[:, 1:], third.score(histories, None)[:, 1:])


@pytest.mark.parametrize("name", NAMES)
def test_the_best_epoch_is_kept_and_training_stops_when_nothing_gets_better(name: str) -> None:
    model = fit_quickly(name, num_people=150, epochs=200, patience=2)
    table = model.record["epoch_table"]
    values = [row["ndcg_at_10"] for row in table]
    assert model.record["epochs"] == len(table) < 200
    assert model.record["best_epoch"] == values.index(max(values)) + 1 == len(table) - 2
    assert model.record["validation_ndcg@10"] == max(values)


@pytest.mark.parametrize("name", NAMES)
def test_training_ends_with_its_minutes(name: str) -> None:
    model = fit_quickly(name, epochs=10_000, patience=10_000, max_minutes=0.005)
    assert model.record["minutes"] < 0.05
    assert model.record["epochs"] < 10_000


@pytest.mark.parametrize("name", NAMES)
def test_torch_keeps_its_number_of_threads(name: str) -> None:
    before = torch.get_num_threads()
    fit_quickly(name, epochs=1, num_threads=before + 1)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_explodes_is_an_error(name: str) -> None:
    with pytest.raises(TrainingError, match=f"{name}: the loss became .*lower learning_rate"):
        fit_quickly(name, learning_rate=1e30)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_to_train_on_is_an_error(name: str) -> None:
    train = two_tastes()
    foreign = Vocabulary(np.array([0, 999]))
    with pytest.raises(TrainingError, match=f"{name}: nobody to train on"):
        make_baseline(name, QUICK).fit(train, foreign)


@pytest.mark.parametrize(
    ("name", "option", "value", "message"),
    [
        ("ncf", "embedding_dim", 6, "embedding_dim must be a multiple of 4"),
        ("ncf", "num_negatives", 0, "num_negatives must be at least 1"),
        ("ncf", "pooling", 2.0, "pooling within 0..1"),
        ("ncf", "epochs", 0, "epochs must be above 0"),
        ("lightgcn", "num_layers", 0, "num_layers must be at least 1"),
        ("lightgcn", "l2", -1.0, "l2 at least 0"),
        ("lightgcn", "learning_rate", "fast", "learning_rate must be a number, not 'fast'"),
        ("lightgcn", "max_minutes", 0, "max_minutes must be above 0"),
        ("lightgcn", "seed", -1, "seed must be at least 0"),
    ],
)
def test_an_impossible_option_is_named(name: str, option: str, value: Any, message: str) -> None:
    with pytest.raises(RegistryError, match=f"{name}: .*{message}"):
        make_baseline(name, {option: value})


def test_neumf_scores_all_movies_as_it_scores_some() -> None:
    torch.manual_seed(0)
    network, people = NeuMF(9, 8), torch.randn(3, 16)
    rows = torch.arange(9).expand(3, 9)
    assert torch.allclose(network(people), network(people, rows), atol=1e-5)
    assert torch.allclose(network(people)[:, [4, 2]], network(people, rows[:, [4, 2]]), atol=1e-5)


def test_ncf_foresees_a_movie_from_the_others_of_its_person() -> None:
    train = interactions_of([[1, 2, 3], [4]])
    model = NeuralCF(**{**QUICK, "epochs": 1, "pooling": 1.0})
    network = model.fit(train, Vocabulary.build(train)).network
    asked: list[torch.Tensor] = []
    network.register_forward_pre_hook(lambda _, inputs: asked.append(inputs[0].detach()))
    next(iter(model.losses(np.random.default_rng(0))))
    read = network.read.detach()
    without_first = (read[2] + read[3]) / 2
    assert any(torch.allclose(row, without_first) for row in asked[0])
    assert any(torch.equal(row, torch.zeros(16)) for row in asked[0])  # who watched one alone


def test_lightgcn_layers_are_averages_over_the_normalised_graph() -> None:
    train = interactions_of([[1, 2, 3], [2, 3], [3, 4], [1, 4]])
    vocabulary = Vocabulary.build(train)
    model = LightGCN(embedding_dim=4, num_layers=2, epochs=1).fit(train, vocabulary)
    watched = watched_matrix(train, vocabulary).toarray()
    people, movies = (1 / np.sqrt(watched.sum(axis).clip(1)) for axis in (1, 0))
    graph = people[:, None] * watched * movies
    e_people, e_items = (p.detach().numpy() for p in model.network.parameters())
    items_1, items_2 = graph.T @ e_people, graph.T @ (graph @ e_items)
    final_items = (e_items + items_1 + items_2) / 3
    assert model.final_items.numpy() == pytest.approx(final_items, abs=1e-5)
    # Person 0, asked as a stranger with the same history: all layers but the first, own vector.
    stranger = graph[0] @ (e_items + items_1) / 3
    expected = final_items @ stranger
    assert model.score(items([1, 2, 3]), None)[0, 1:] == pytest.approx(expected[1:], abs=1e-5)


def test_history_rows_weigh_nothing_for_people_without_one() -> None:
    assert history_matrix(items([]), 3).toarray().tolist() == [[0, 0, 0]]


def test_baselines_are_baselines() -> None:
    for name in NAMES:
        assert isinstance(make_baseline(name), Baseline)
