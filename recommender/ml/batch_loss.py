"""The loss of one batch of windows: how well the next film was foreseen, and those after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.distributed import Workers
from recommender.ml.losses import LossConfig, compute_loss, draw_own_rows
from recommender.ml.sequences import Batch
from recommender.ml.softmax_loss import full_softmax_loss
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

    With `later_weight` w the loss is (next + w later) / (1 + w), where later is the mean over films
    2..later_span places on: what somebody watches soon says nearly as much of their taste as what
    they watch next (PinnerFormer, Pancha et al. 2022, section 3.3). A full cross-entropy asks for
    all of these at once; with negatives, one distance is drawn for each batch.
    `seed` draws negatives and distance, the same in every process that shares the batch.
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
        if not config.later_weight:
            loss = compute_loss(model, asked, rows, config, negatives, own_rows=own)
            return loss, len(rows)
        distances = range(2, config.later_span + 1)
        if config.kind == "cross_entropy" and not config.label_smoothing:
            later = _find_later(batch.targets[share], distances)
            return _weighted_loss(model, asked, rows, later, weight=config.later_weight), len(rows)
        later = _find_later(batch.targets[share], [distances[seed % len(distances)]])[:, 0]
        loss = _loss_with_later(model, asked, rows, later, config=config, negatives=negatives)
    return loss, len(rows)


def _weighted_loss(
    model: SequenceTransformer,
    hidden: Tensor,
    rows: Tensor,
    later: NDArray[np.int64],
    *,
    weight: float,
) -> Tensor:
    """Return the full cross-entropy of states (N, D) by `rows` (N,) and `later` (N, L), -1: none.

    One softmax serves all: over the whole catalogue another would cost more than all the blocks.
    """
    found = later >= 0
    each = np.ones((len(later), 1 + later.shape[1]), np.float32)
    each[:, 1:] = found * (len(later) / np.maximum(found.sum(0), 1)) * weight / later.shape[1]
    total = 1.0 + weight * found.any(0).mean()
    further = torch.from_numpy(np.maximum(later, 0)).to(hidden.device)
    answers = torch.cat([rows[:, None], further], 1)
    weights = torch.from_numpy(each / np.float32(total)).to(hidden.device)
    return full_softmax_loss(hidden, model.output_vectors(), model.bias, answers, weights)


def _loss_with_later(
    model: SequenceTransformer,
    hidden: Tensor,
    rows: Tensor,
    later: NDArray[np.int64],
    *,
    config: LossConfig,
    negatives: torch.Generator,
) -> Tensor:
    """Return the loss of states (N, D) by next films' `rows` (N,) and `later` (N,), -1: none."""
    loss = compute_loss(model, hidden, rows, config, negatives)
    found = np.flatnonzero(later >= 0)
    if len(found) == 0:
        return loss
    with_later = hidden.index_select(0, torch.from_numpy(found).to(hidden.device))
    later_rows = torch.from_numpy(later[found]).to(hidden.device)
    later_loss = compute_loss(model, with_later, later_rows, config, negatives)
    return (loss + config.later_weight * later_loss) / (1.0 + config.later_weight)


def _keep_share(own: Tensor, targets: Tensor, workers: Workers) -> Tensor:
    """Return the rows of this process's share, of those of each target of the batch (B, T)."""
    mine = torch.zeros_like(targets, dtype=torch.bool)
    mine[workers.share] = True
    return own[mine[targets > 0]]


def shift_targets(targets: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """Return what follows `places` after each target (B, T), 0 where the window has ended."""
    shifted = np.zeros_like(targets)
    shifted[:, : max(0, targets.shape[1] - places)] = targets[:, places:]
    return shifted


def _find_later(targets: NDArray[np.int64], distances: Sequence[int]) -> NDArray[np.int64]:
    """Return for each of the N targets of (B, T) the rows of films at distances, (N, L), -1: none.

    The target itself is at distance 1.
    """
    places = np.flatnonzero(targets.ravel())
    shifted = [shift_targets(targets, distance - 1).ravel()[places] for distance in distances]
    return np.stack(shifted, axis=1) - 1


def _find_targets(targets: NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return places in the flattened batch that have a target, and their rows, both (N,).

    Found by numpy: looking for them on a GPU would wait for it.
    """
    flat = targets.ravel()
    places = np.flatnonzero(flat)
    return torch.from_numpy(places).to(device), torch.from_numpy(flat[places] - 1).to(device)
