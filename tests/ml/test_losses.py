"""Losses against cases worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from recommender.ml.losses import (
    LossConfig,
    binary_cross_entropy,
    compute_loss,
    gbce_beta,
    sampled_softmax,
)
from recommender.ml.negatives import mask_collisions, uniform_negatives
from tests.ml.tiny_models import NUM_ITEMS, small_model


def test_sampled_softmax_of_two_negatives() -> None:
    positive = torch.tensor([math.log(2.0)])
    negative = torch.tensor([[math.log(3.0), math.log(5.0)]])
    assert sampled_softmax(positive, negative).item() == pytest.approx(math.log(10 / 2))


def test_sampled_softmax_corrected_for_sampling_weighs_each_negative() -> None:
    positive = torch.tensor([math.log(2.0)])
    negative = torch.tensor([[math.log(3.0), math.log(5.0)]])
    corrected = sampled_softmax(positive, negative, math.log(4.0))
    assert corrected.item() == pytest.approx(math.log((2 + 4 * 8) / 2))


def test_binary_cross_entropy_of_one_negative() -> None:
    positive, negative = torch.tensor([math.log(3.0)]), torch.tensor([[0.0]])
    # -log(3/4) - log(1 - 1/2)
    loss = binary_cross_entropy(positive, negative)
    assert loss.item() == pytest.approx(math.log(4 / 3) + math.log(2))


def test_gbce_raises_the_positive_probability_to_beta() -> None:
    # a = 5/20 = 1/4; beta = a (t (1 - 1/a) + 1/a) = 1/4 (1/2 (1 - 4) + 4) = 5/8
    assert gbce_beta(5, 21, 0.5) == pytest.approx(5 / 8)
    positive, negative = torch.tensor([math.log(3.0)]), torch.tensor([[0.0]])
    loss = binary_cross_entropy(positive, negative, 5 / 8)
    assert loss.item() == pytest.approx(5 / 8 * math.log(4 / 3) + math.log(2))


def test_gbce_without_calibration_is_plain_binary_cross_entropy() -> None:
    assert gbce_beta(5, 21, 0.0) == pytest.approx(1.0)


def test_full_cross_entropy_of_equal_scores_is_log_of_the_catalogue() -> None:
    model = small_model()
    hidden, targets = torch.zeros(3, 16), torch.tensor([0, 5, 39])
    loss = compute_loss(model, hidden, targets, LossConfig(kind="cross_entropy"), torch.Generator())
    assert loss.item() == pytest.approx(math.log(NUM_ITEMS))


@pytest.mark.parametrize("kind", ["cross_entropy", "sampled_softmax", "bce", "gbce"])
def test_every_loss_falls_when_the_target_scores_higher(kind: str) -> None:
    model = small_model(output_bias=True)
    config = LossConfig(kind=kind, num_negatives=8)  # type: ignore[arg-type]
    targets = torch.tensor([4, 7])
    worse, better = (
        compute_loss(
            model,
            scale * model.items[targets].detach(),
            targets,
            config,
            torch.Generator().manual_seed(1),
        )
        for scale in (0.0, 3.0)
    )
    assert better < worse


def test_uniform_negatives_cover_the_catalogue() -> None:
    drawn = uniform_negatives(2000, NUM_ITEMS, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == set(range(NUM_ITEMS))


def test_a_negative_that_is_the_target_does_not_count() -> None:
    logits = mask_collisions(torch.zeros(2, 3), torch.tensor([7, 8, 7]), torch.tensor([7, 9]))
    assert torch.isinf(logits).tolist() == [[True, False, True], [False, False, False]]


def test_unknown_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="hinge"):
        LossConfig(kind="hinge")  # type: ignore[arg-type]
