"""The optimiser, its learning rate over time, and the moving average of weights."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor, nn

from recommender.ml.config import TrainingConfig

ITEM_TABLES = ("items", "outputs")


def build_optimiser(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """Make AdamW that decays matrices of the network, but neither norms, biases nor item tables."""
    named = list(model.named_parameters())
    decayed = [p for name, p in named if p.ndim > 1 and name not in ITEM_TABLES]
    others = [p for name, p in named if p.ndim <= 1 or name in ITEM_TABLES]
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=config.betas,
        fused=True,
    )


def learning_rate_at(
    step: int, total_steps: int, config: TrainingConfig, time_share: float = 0.0
) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine down to `final_rate` of it.

    `time_share` is how much of `max_minutes` has gone; the cosine follows it where it is ahead.
    """
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    span = max(1, total_steps - config.warmup_steps)
    progress = min(1.0, max(time_share, max(0, step - config.warmup_steps) / span))
    cosine = 0.5 * (1.0 + math.cos(math.pi * progress))
    return config.learning_rate * warm * (config.final_rate + (1.0 - config.final_rate) * cosine)


class WeightAverage:
    """Moving average of the parameters (Polyak & Juditsky 1992); decay 0 keeps the last value."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start from the model's weights; `decay` lies in 0 <= decay < 1."""
        self.parameters = list(model.parameters())
        self.values = [p.detach().clone() for p in self.parameters]
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the current weights, faster in the first steps."""
        self.steps += 1
        decay = min(self.decay, self.steps / (10 + self.steps))
        torch._foreach_lerp_(self.values, [p.detach() for p in self.parameters], 1.0 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the model's weights with the averages; the second call undoes the first."""
        for parameter, value in zip(self.parameters, self.values, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(value)
            value.copy_(kept)

    def state_dict(self) -> dict[str, list[Tensor] | int]:
        """Return what `load_state_dict` needs to go on."""
        return {"values": self.values, "steps": self.steps}

    def load_state_dict(self, state: dict[str, list[Tensor] | int]) -> None:
        """Go on from what `state_dict` returned."""
        values, steps = state["values"], state["steps"]
        assert isinstance(values, list) and isinstance(steps, int)  # noqa: S101
        for value, saved in zip(self.values, values, strict=True):
            value.copy_(saved)
        self.steps = steps


def choose_device(wanted: str) -> torch.device:
    """Return the device named, or for `auto` the best there is: cuda, then mps, then cpu."""
    if wanted != "auto":
        return torch.device(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return float32 or bfloat16; for `auto` whichever multiplies faster here, by measurement.

    Not every macOS has bfloat16 on its GPU, so `auto` does not try it there.
    """
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bf16" else torch.float32
    if device.type == "mps":
        return torch.float32
    seconds = {
        dtype: _seconds_to_multiply(dtype, device) for dtype in (torch.float32, torch.bfloat16)
    }
    return min(seconds, key=lambda dtype: seconds[dtype])


def _seconds_to_multiply(dtype: torch.dtype, device: torch.device) -> float:
    left = torch.ones(4096, 128, dtype=dtype, device=device)
    right = torch.ones(128, 512, dtype=dtype, device=device)
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        (left @ right)[0, 0].item()  # waits for the result on any device
        best = min(best, time.perf_counter() - start)
    return best
