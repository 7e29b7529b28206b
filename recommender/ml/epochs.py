"""The table of epochs that a training run keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochRecord:
    """One row of the table in the card; losses in nats per film.

    `minutes` are those of the epoch with its validation, `total_minutes` all since the run began,
    and `padding_share` is how much of what was computed stood for no film.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    hit_at_10: float
    ndcg_at_10: float
    minutes: float
    total_minutes: float = 0.0
    padding_share: float = 0.0
