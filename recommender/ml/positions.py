"""Where films of a history lie, and how far apart: what a network knows of order and time.

A bias for each pair is learned in few steps: of distance (T5, Raffel et al. 2020, section 2.1) and
of the logarithm of the time between two films (HSTU, Zhai et al. 2024, section 3.2; TiSASRec, Li et
al. 2020, has a vector for each).
"""

import math

import torch
from torch import Tensor

DISTANCE_BUCKETS = 32
GAP_BUCKETS = 64
GAPS_PER_E_FOLD = 1 / 0.301
"""As in HSTU: a gap 1.35 times as long lies in the next bucket; the last is 4 years and more."""


def sinusoidal_positions(length: int, dim: int) -> Tensor:
    """Fixed positions (length, dim), float32 in -1..1 (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000.0) / dim))
    angles = torch.arange(length)[:, None] * rates  # (T, D/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :dim]


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Rotary positions: turn halves of x (B, H, T, K) by angles (T, K/2) (Su et al. 2021)."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def distance_buckets(length: int) -> Tensor:
    """Bucket (T, T) int64 of how far back a key lies: exact to 16, then by logarithm."""
    exact = DISTANCE_BUCKETS // 2
    back = (torch.arange(length)[:, None] - torch.arange(length)).clamp_min(0)
    wide = exact + (torch.log2(back.clamp_min(exact) / exact) * 4).long()
    return torch.where(back < exact, back, wide).clamp_max(DISTANCE_BUCKETS - 1)


def gap_buckets(asking: Tensor, keys: Tensor) -> Tensor:
    """Bucket (B, Q, T) int64 of the time from keys (B, T) to what asks (B, Q), unix seconds int64.

    1 for no time, then by logarithm; 0 where either time is 0, which is unknown. No whole number
    of seconds lies on an edge; rounding moves a few in a million to the bucket beside.
    """
    gaps = (asking[:, :, None] - keys[:, None]).clamp_min(0)
    wide = 1 + ((gaps.float() + 1.0).log() * GAPS_PER_E_FOLD).long()
    is_known = (asking > 0)[:, :, None] & (keys > 0)[:, None]
    return wide.clamp_max(GAP_BUCKETS - 1) * is_known
