"""Dropout by bytes: the share it drops, the mean it keeps, and rest when not training."""

from __future__ import annotations

import pytest
import torch

from recommender.ml.dropout import ByteDropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_elements_are_dropped_at_the_rate_and_the_mean_stays(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.ones(400, 501, dtype=dtype, requires_grad=True)
    dropped = ByteDropout(0.25)(x)
    assert dropped.dtype == dtype
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.005)
    assert dropped.float().mean().item() == pytest.approx(1.0, abs=0.01)
    dropped.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, dropped.detach())


def test_nothing_is_dropped_when_not_training() -> None:
    x = torch.randn(3, 5)
    assert torch.equal(ByteDropout(0.5).eval()(x), x)


def test_a_rate_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not 1\.5"):
        ByteDropout(1.5)
