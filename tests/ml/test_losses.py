"""Losses against cases worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from recommender.ml import softmax_loss
from recommender.ml.losses import (
    LossConfig,
    binary_cross_entropy,
    compute_loss,
    gbce_beta,
    sampled_softmax,
)
from recommender.ml.negatives import mask_collisions, uniform_negatives, unseen_negatives
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


def test_gbce_of_a_batch_calibrates_by_the_catalogue() -> None:
    model = small_model()
    config = LossConfig(kind="gbce", num_negatives=5, calibration=0.5)
    loss = compute_loss(
        model, torch.zeros(3, 16), torch.tensor([0, 5, 39]), config, torch.Generator()
    )
    # All scores are 0, so every probability is 1/2: beta for the target, 1 for each negative, and
    # a target among them is none.
    drawn = uniform_negatives(5, NUM_ITEMS, torch.Generator())
    hit = sum(int((drawn == row).sum()) for row in (0, 5, 39)) / 3
    beta = gbce_beta(5, NUM_ITEMS, 0.5)
    assert beta < 0.9
    assert loss.item() == pytest.approx((beta + 5 - hit) * math.log(2), abs=1e-5)


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


@pytest.mark.parametrize("kind", ["cross_entropy", "sampled_softmax"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_softmax_in_parts_is_the_softmax_in_one(
    kind: str, precision: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(softmax_loss, "CACHED_LOGITS", 100)  # of 30 x 40
    monkeypatch.setattr(softmax_loss, "MIN_ROWS", 1)
    model = small_model(output_bias=True)
    hidden = torch.randn(30, 16, requires_grad=True)
    targets = torch.randint(0, NUM_ITEMS, (30,))
    config = LossConfig(kind=kind, num_negatives=25, correct_sampling=True)  # type: ignore[arg-type]
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        loss = compute_loss(model, hidden, targets, config, torch.Generator().manual_seed(1))
    assert model.bias is not None
    parameters = [hidden, model.items, model.bias]
    found = torch.autograd.grad(3 * loss, parameters)
    logits = hidden @ model.items.T + model.bias
    wanted = torch.nn.functional.cross_entropy(logits, targets)
    if kind == "sampled_softmax":
        rows = uniform_negatives(25, NUM_ITEMS, torch.Generator().manual_seed(1))
        positive = logits.gather(1, targets[:, None])[:, 0]
        negative = mask_collisions(logits[:, rows], rows, targets)
        wanted = sampled_softmax(positive, negative, math.log(NUM_ITEMS / 25))
    tolerance = 1e-5 if precision == torch.float32 else 3e-2
    torch.testing.assert_close(loss, wanted, atol=tolerance, rtol=tolerance)
    for ours, plain in zip(found, torch.autograd.grad(3 * wanted, parameters), strict=True):
        assert (ours - plain).norm() < tolerance * plain.norm()


def test_one_softmax_serves_several_weighted_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax_loss, "CACHED_LOGITS", 100)  # of 30 x 40
    monkeypatch.setattr(softmax_loss, "MIN_ROWS", 1)
    hidden = torch.randn(30, 16, requires_grad=True)
    vectors, bias = torch.randn(40, 16, requires_grad=True), torch.randn(40, requires_grad=True)
    answers, weights = torch.randint(0, 40, (30, 2)), torch.rand(30, 2)
    answers[0, 1] = answers[0, 0]  # the same film twice
    weights[1, 1] = 0.0
    parameters = [hidden, vectors, bias]
    loss = softmax_loss.full_softmax_loss(hidden, vectors, bias, answers, weights)
    found = torch.autograd.grad(2 * loss, parameters)
    shares = torch.log_softmax(hidden @ vectors.T + bias, dim=1)
    wanted = -(shares.gather(1, answers) * weights).sum(1).mean()
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(found, torch.autograd.grad(2 * wanted, parameters))


def test_uniform_negatives_cover_the_catalogue() -> None:
    drawn = uniform_negatives(2000, NUM_ITEMS, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == set(range(NUM_ITEMS))


def test_each_position_draws_evenly_from_what_its_window_lacks() -> None:
    inputs = torch.tensor([[2, 6, 3], [1, 0, 0]])
    targets = torch.tensor([[6, 3, 1], [5, 0, 0]])
    drawn = unseen_negatives(inputs, targets, 4000, 6, torch.Generator().manual_seed(0))
    assert drawn.shape == (2, 3, 4000)
    for row, unseen in zip(drawn, ([4, 5], [2, 3, 4, 6]), strict=True):
        found, counts = (row + 1).unique(return_counts=True)
        assert found.tolist() == unseen
        assert counts / row.numel() == pytest.approx([1 / len(unseen)] * len(unseen), abs=0.02)


def test_whoever_has_seen_all_films_still_gets_a_negative_that_exists() -> None:
    inputs, targets = torch.tensor([[2, 1]]), torch.tensor([[1, 3]])
    drawn = unseen_negatives(inputs, targets, 50, 3, torch.Generator().manual_seed(0))
    assert drawn.min() >= 0
    assert drawn.max() <= 2


def test_sasrec_loss_of_one_negative_a_position() -> None:
    model = small_model()
    with torch.no_grad():
        model.items[:4] = torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None] * torch.eye(16)[0]
    hidden = torch.zeros(2, 16)
    hidden[:, 0] = torch.tensor([math.log(2.0), math.log(3.0)])
    config = LossConfig(kind="bce", num_negatives=1, own_negatives=True)
    loss = compute_loss(
        model,
        hidden,
        torch.tensor([1, 0]),
        config,
        torch.Generator(),
        own_rows=torch.tensor([[0], [1]]),
    )
    # Logits: log 4 against its negative's log 2; log 3 against its negative's log 9.
    first = -math.log(4 / 5) - math.log(1 / 3)
    second = -math.log(3 / 4) - math.log(1 / 10)
    assert loss.item() == pytest.approx((first + second) / 2)


def test_a_negative_that_is_the_target_does_not_count() -> None:
    logits = mask_collisions(torch.zeros(2, 3), torch.tensor([7, 8, 7]), torch.tensor([7, 9]))
    assert torch.isinf(logits).tolist() == [[True, False, True], [False, False, False]]


def test_unknown_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="hinge"):
        LossConfig(kind="hinge")  # type: ignore[arg-type]
