"""What a training runs on, in which precision, and which weights decay."""

from __future__ import annotations

import pytest
import torch

from recommender.ml.config import TrainingConfig
from recommender.ml.optimisation import build_optimiser, choose_device, choose_precision
from tests.ml.tiny_models import small_model


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_best_device_there_is(
    has_cuda: bool, has_mps: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    assert choose_device("auto") == torch.device(chosen)


def test_device_that_was_named_is_taken() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("cuda:1") == torch.device("cuda", 1)


def test_precision_that_was_named_is_taken_and_auto_is_one_of_both() -> None:
    cpu = torch.device("cpu")
    assert choose_precision("bf16", cpu) == torch.bfloat16
    assert choose_precision("fp32", cpu) == torch.float32
    assert choose_precision("auto", cpu) in (torch.bfloat16, torch.float32)


def test_apples_gpu_is_not_asked_for_bfloat16_unless_told() -> None:
    gpu = torch.device("mps")
    assert choose_precision("auto", gpu) == torch.float32
    assert choose_precision("bf16", gpu) == torch.bfloat16


def test_matrices_decay_but_neither_item_tables_nor_norms_nor_biases() -> None:
    model = small_model(tied=False, output_bias=True, relative_bias=True)
    config = TrainingConfig(weight_decay=0.1, learning_rate=0.5, warmup_steps=0)
    optimiser = build_optimiser(model, config)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimiser.step()  # of no gradients: what moves has decayed
    decayed = {
        name
        for name, weight in model.named_parameters()
        if not torch.equal(weight.detach(), before[name])
    }
    matrices = ("qkv.weight", "out.weight", "up.weight", "down.weight", "gate1.weight")
    assert {name for name in before if name.endswith(matrices)} <= decayed
    assert not any("norm" in name or name.endswith(".bias") for name in decayed)
    assert decayed.isdisjoint({"items", "outputs", "bias"})
    assert "positions" in decayed
    name = "blocks.0.ffn.up.weight"
    torch.testing.assert_close(model.get_parameter(name).detach(), before[name] * 0.95)


def test_optimiser_takes_the_moments_of_the_config() -> None:
    optimiser = build_optimiser(small_model(), TrainingConfig(betas=(0.8, 0.7)))
    assert isinstance(optimiser, torch.optim.AdamW)
    assert [group["betas"] for group in optimiser.param_groups] == [(0.8, 0.7)] * 2
