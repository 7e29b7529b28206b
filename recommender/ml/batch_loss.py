"""The loss of one batch of windows: how well the next film was foreseen, and those after it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.distributed import Workers
from recommender.ml.losses import LossConfig, compute_loss, draw_own_rows
from recommender.ml.sequences import Batch
from recommender.ml.transformer import SequenceTransformer


def batch_loss(
    model: SequenceTransformer,
    batch: Batch,
    config: LossConfig,
    *,
    seed: int,
    precision: torch.dtype = torch.float32,
    workers: Workers | None = None,
) -> tuple[Tensor, int]:
    """Return the mean loss over this process's share of a batch, and of how many films.

    With `later_weight` w the loss is (next + w later) / (1 + w), where later is that of the film
    d places on, d drawn for each batch from 2..later_span: what somebody watches soon says nearly
    as much of their taste as what they watch next (PinnerFormer, Pancha et al. 2022, section 3.3).
    `seed` draws negatives and d, the same in every process that shares the batch.
    """
    device, share = model.items.device, (workers or Workers()).share
    negatives = torch.Generator(device).manual_seed(seed)
    inputs = torch.from_numpy(batch.inputs).to(device)
    targets = torch.from_numpy(batch.targets).to(device)
    own = draw_own_rows(inputs, targets, config, model.num_items, negatives)
    if own is not None and workers is not None and workers.size > 1:
        own = _keep_share(own, targets, workers)
    places, rows = _find_targets(batch.targets[share], device)
    if len(places) == 0:
        return torch.zeros(()), 0
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        hidden = model(inputs[share]).flatten(0, 1)  # (B * T, D)
        asked = hidden.index_select(0, places)  # (N, D)
        loss = compute_loss(model, asked, rows, config, negatives, own_rows=own)
        if config.later_weight:
            distance = 2 + seed % (config.later_span - 1)
            later = shift_targets(batch.targets[share], distance - 1)
            places, later_rows = _find_targets(later, device)
            if len(places):
                asked = hidden.index_select(0, places)
                later_loss = compute_loss(model, asked, later_rows, config, negatives)
                loss = (loss + config.later_weight * later_loss) / (1.0 + config.later_weight)
    return loss, len(rows)


def _keep_share(own: Tensor, targets: Tensor, workers: Workers) -> Tensor:
    """Return the rows of this process's share, of those of each target of the batch (B, T)."""
    mine = torch.zeros_like(targets, dtype=torch.bool)
    mine[workers.share] = True
    return own[mine[targets > 0]]


def shift_targets(targets: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """Return what follows `places` after each target (B, T), 0 where the window has ended."""
    shifted = np.zeros_like(targets)
    shifted[:, : targets.shape[1] - places] = targets[:, places:]
    return shifted


def _find_targets(targets: NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return places in the flattened batch that have a target, and their rows, both (N,).

    Found by numpy: looking for them on a GPU would wait for it.
    """
    flat = targets.ravel()
    places = np.flatnonzero(flat)
    return torch.from_numpy(places).to(device), torch.from_numpy(flat[places] - 1).to(device)
