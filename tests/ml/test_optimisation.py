"""What a training runs on, and in which precision."""

from __future__ import annotations

import pytest
import torch

from recommender.ml.optimisation import choose_device, choose_precision


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
