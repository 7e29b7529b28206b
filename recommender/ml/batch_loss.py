"""The loss of one batch of windows: how well the next film was foreseen, and those after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.distributed import Workers
from recommender.ml.losses import LossConfig, compute_loss, draw_own_rows
from recommender.ml.negatives import seen_films
from recommender.ml.sequences import Batch
from recommender.ml.softmax_loss import full_softmax_loss
from recommender.ml.tokens import items_of
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
        seen = seen_films(items_of(inputs[share]), places) if config.mask_seen else None
        asked = _Asked(hidden.index_select(0, places), rows, seen)
        if config.later_weight:
            loss = _loss_with_later(model, asked, batch.targets[share], config, negatives)
        else:
            loss = compute_loss(model, *asked[:2], config, negatives, own_rows=own, seen=seen)
    return loss, len(rows)


class _Asked(NamedTuple):
    """Hidden states (N, D), the rows (N,) of what follows, and those (N, T) of what was seen."""

    hidden: Tensor
    rows: Tensor
    seen: Tensor | None


def _loss_with_later(
    model: SequenceTransformer,
    asked: _Asked,
    targets: NDArray[np.int64],
    config: LossConfig,
    negatives: torch.Generator,
) -> Tensor:
    """Return the loss by the films that follow next and, of `targets` (B, T), by those after."""
    hidden, rows, seen = asked
    weight, distances = config.later_weight, range(2, config.later_span + 1)
    if config.kind == "cross_entropy" and not config.label_smoothing:
        return _weighted_loss(model, asked, _find_later(targets, distances), weight)
    loss = compute_loss(model, hidden, rows, config, negatives, seen=seen)
    distance = distances[negatives.initial_seed() % len(distances)]
    later = _find_later(targets, [distance])[:, 0]
    found = np.flatnonzero(later >= 0)
    if len(found) == 0:
        return loss
    some = torch.from_numpy(found).to(hidden.device)
    later_rows = torch.from_numpy(later[found]).to(hidden.device)
    hidden, seen = hidden.index_select(0, some), None if seen is None else seen[some]
    later_loss = compute_loss(model, hidden, later_rows, config, negatives, seen=seen)
    return (loss + weight * later_loss) / (1.0 + weight)


def _weighted_loss(
    model: SequenceTransformer, asked: _Asked, later: NDArray[np.int64], weight: float
) -> Tensor:
    """Return the full cross-entropy by the next films and by `later` rows (N, L), -1: none.

    One softmax serves all: over the whole catalogue another would cost more than all the blocks.
    """
    hidden, rows, seen = asked
    found = later >= 0
    each = np.ones((len(later), 1 + later.shape[1]), np.float32)
    each[:, 1:] = found * (len(later) / np.maximum(found.sum(0), 1)) * weight / later.shape[1]
    total = 1.0 + weight * found.any(0).mean()
    further = torch.from_numpy(later).to(hidden.device)
    further = torch.where(further < 0, rows[:, None], further)  # of no weight, and never seen
    answers = torch.cat([rows[:, None], further], 1)
    weights = torch.from_numpy(each / np.float32(total)).to(hidden.device)
    vectors = model.output_vectors()
    return full_softmax_loss(hidden, vectors, model.bias, answers, weights, seen=seen)


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
