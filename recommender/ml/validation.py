"""How good the network is on people it does not train on, while it trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from recommender.ml.losses import score
from recommender.ml.metrics import hit_rate, ndcg, rank_targets
from recommender.ml.negatives import seen_films
from recommender.ml.sequences import pad_right
from recommender.ml.tokens import items_of
from recommender.ml.transformer import SequenceTransformer

NUM_TARGETS = 5
BATCH_PEOPLE = 64


@dataclass(frozen=True)
class ValidationResult:
    """Loss in nats per film over all films not yet seen; Hit@10 and NDCG@10 of the last 5 films."""

    loss: float
    hit_at_10: float
    ndcg_at_10: float


@torch.no_grad()
def validate(
    model: SequenceTransformer, histories: Sequence[NDArray[np.int64]], precision: torch.dtype
) -> ValidationResult:
    """Ask for the last 5 films of each history (tokens) longer than 5, seen films left out.

    The loss is next-item cross-entropy over the last 20 films of each history. The model is left
    in the mode, training or not, in which it was.
    """
    was_training = model.training
    model.eval()
    asked = sorted((h for h in histories if len(h) > NUM_TARGETS), key=len)
    ranks: list[NDArray[np.int64]] = []
    loss_sum, loss_count = 0.0, 0
    for start in range(0, len(asked), BATCH_PEOPLE):
        batch = asked[start : start + BATCH_PEOPLE]
        ranks.extend(_rank_last(model, batch, precision))
        batch_sum, batch_count = _last_losses(model, batch, precision)
        loss_sum, loss_count = loss_sum + batch_sum, loss_count + batch_count
    model.train(was_training)
    return ValidationResult(
        loss=loss_sum / loss_count,
        hit_at_10=float(hit_rate(ranks, 10).mean()),
        ndcg_at_10=float(ndcg(ranks, 10).mean()),
    )


def _rank_last(
    model: SequenceTransformer, batch: list[NDArray[np.int64]], precision: torch.dtype
) -> list[NDArray[np.int64]]:
    device, limit = model.items.device, model.config.max_seq_len
    seen = [history[:-NUM_TARGETS] for history in batch]
    inputs = torch.from_numpy(pad_right([history[-limit:] for history in seen])).to(device)
    lengths = torch.tensor([min(len(history), limit) for history in seen], device=device)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        hidden = model.encode_last(inputs, lengths)
    scores = score(hidden.float(), model.output_vectors(), model.bias)
    table = np.full((len(batch), model.num_items + 1), -np.inf, dtype=np.float32)
    table[:, 1:] = scores.cpu().numpy()
    for row, history in zip(table, seen, strict=True):
        row[items_of(history)] = -np.inf
    return rank_targets(table, [items_of(history[-NUM_TARGETS:]) for history in batch])


def _last_losses(
    model: SequenceTransformer, batch: list[NDArray[np.int64]], precision: torch.dtype
) -> tuple[float, int]:
    """Return the summed loss over the last 20 predictions of each history, and their number."""
    device, limit = model.items.device, model.config.max_seq_len
    windows = [history[-limit - 1 :] for history in batch]
    inputs = torch.from_numpy(pad_right([window[:-1] for window in windows])).to(device)
    targets = torch.from_numpy(pad_right([items_of(window[1:]) for window in windows])).to(device)
    lengths = (targets > 0).sum(1, keepdim=True)
    place = torch.arange(targets.shape[1], device=device)
    chosen = (place < lengths) & (place >= lengths - 20)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        hidden = model(inputs)[chosen]
    logits, answers = score(hidden.float(), model.output_vectors(), model.bias), targets[chosen] - 1
    seen = seen_films(items_of(inputs), chosen.flatten().nonzero()[:, 0])
    own = logits.gather(1, answers[:, None])
    logits.scatter_(1, seen, -torch.inf).scatter_(1, answers[:, None], own)
    loss = functional.cross_entropy(logits, answers, reduction="sum")
    return float(loss), len(answers)
