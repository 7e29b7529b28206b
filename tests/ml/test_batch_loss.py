"""The loss of a batch: of the next film alone, and with those after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.ml.batch_loss import batch_loss, shift_targets
from recommender.ml.config import parse_config
from recommender.ml.errors import ConfigError
from recommender.ml.losses import LossConfig, full_cross_entropy
from recommender.ml.sequences import Batch
from tests.ml.tiny_models import small_model

BATCH = Batch(
    inputs=np.array([[3, 5, 7, 9], [4, 6, 0, 0]]), targets=np.array([[5, 7, 9, 2], [6, 8, 0, 0]])
)
FULL = LossConfig(kind="cross_entropy")


def test_what_comes_later_is_what_stood_further_on() -> None:
    assert shift_targets(BATCH.targets, 1).tolist() == [[7, 9, 2, 0], [8, 0, 0, 0]]
    assert shift_targets(BATCH.targets, 3).tolist() == [[2, 0, 0, 0], [0, 0, 0, 0]]
    assert not any(shift_targets(BATCH.targets, places).any() for places in range(4, 10))


def test_loss_is_that_of_the_next_films_over_all_places_with_one() -> None:
    model = small_model()
    loss, count = batch_loss(model, BATCH, FULL, seed=1)
    hidden = model(torch.from_numpy(BATCH.inputs))
    kept = torch.cat([hidden[0], hidden[1, :2]])
    rows = torch.tensor([5, 7, 9, 2, 6, 8]) - 1
    assert count == 6
    assert loss.item() == pytest.approx(full_cross_entropy(model, kept, rows, 0.0).item(), abs=1e-5)


@pytest.mark.parametrize("seed", [0, 1])  # the film two, or three, places on
def test_later_films_weigh_what_the_config_says(seed: int) -> None:
    model = small_model()
    smoothed = LossConfig(kind="cross_entropy", label_smoothing=0.1)
    config = replace(smoothed, later_weight=0.5, later_span=3)
    next_loss, _ = batch_loss(model, BATCH, smoothed, seed=seed)
    shifted = Batch(BATCH.inputs, shift_targets(BATCH.targets, 1 + seed))
    later_loss, _ = batch_loss(model, shifted, smoothed, seed=seed)
    both, count = batch_loss(model, BATCH, config, seed=seed)
    assert count == 6
    assert both.item() == pytest.approx((next_loss + 0.5 * later_loss).item() / 1.5, abs=1e-5)


def test_full_cross_entropy_asks_for_all_later_films_at_once() -> None:
    model = small_model()
    config = LossConfig(kind="cross_entropy", later_weight=0.8, later_span=3)
    each = [
        batch_loss(model, Batch(BATCH.inputs, shift_targets(BATCH.targets, places)), FULL, seed=1)
        for places in range(3)
    ]
    losses = [loss.item() for loss, _ in each]
    both, count = batch_loss(model, BATCH, config, seed=1)
    assert count == 6
    assert both.item() == pytest.approx((losses[0] + 0.4 * sum(losses[1:])) / 1.8, abs=1e-5)


def test_batch_of_single_films_has_no_later_ones() -> None:
    pair = Batch(np.array([[3], [4]]), np.array([[5], [6]]))
    config = LossConfig(kind="cross_entropy", later_weight=0.5)
    model = small_model()
    assert batch_loss(model, pair, config, seed=0)[0].item() == pytest.approx(
        batch_loss(model, pair, FULL, seed=0)[0].item()
    )


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ({"later_weight": -1.0}, "later_weight must be at least 0"),
        ({"later_span": 1}, "later_span at least 2"),
        ({"later_weight": 0.5, "own_negatives": True}, "goes with shared negatives"),
    ],
)
def test_impossible_later_options_are_refused(loss: dict[str, float], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_config("x", {"loss": loss}, source="x.toml")
