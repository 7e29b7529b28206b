"""True reasons: what the model would have said without each film of the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.inference import InferenceModel

CLEAR_DROP = 0.105
"""Nats that deleting a film must cost to be a reason: a tenth less likely, exp(-0.105) = 0.9."""

EXACT_ITEMS = 256
"""How many of the likeliest items a rounded item table is put right for."""


@dataclass(frozen=True)
class OcclusionDrops:
    """What deleting films does to candidates.

    `positions` (n,) int64 are places in the sequence that was explained, rising; `drops` (n, C)
    float32 are how far each candidate's log-probability falls, in nats, when the film there is
    deleted: positive means that its presence helped.
    """

    positions: NDArray[np.int64]
    drops: NDArray[np.float32]


def occlusion_drops(
    model: InferenceModel,
    sequence: NDArray[np.integer],
    candidates: NDArray[np.integer] | Sequence[int],
    *,
    last: int = 16,
) -> OcclusionDrops:
    """Score candidates again without each of the last `last` films (Zeiler & Fergus 2014, §4.2).

    `sequence` holds item_idx, oldest first, none unknown; `candidates` (C,) item_idx. Without its
    only film a history is empty, and the prediction from an empty history is popularity.

    Raises:
        ValueError: The sequence is empty.
    """
    history = np.asarray(sequence)
    if len(history) == 0:
        raise ValueError("an empty history explains nothing")
    positions = np.arange(max(0, len(history) - last), len(history))
    wanted = np.asarray(candidates, dtype=np.int64)
    if len(history) == 1:
        with_all = log_probabilities(model.scores(model.encode([history])))[0, wanted]
        without = log_probabilities(model.popularity_scores()[None])[:, wanted]
    else:
        hidden = model.encode_without_each(history, positions)
        logs = model.exact_scores(hidden, wanted) - _log_sums(model, hidden)
        with_all, without = logs[0], logs[1:]
    return OcclusionDrops(positions, with_all - without)


def log_probabilities(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-softmax (B, V) of scores (B, V) over the whole catalogue, seen films too."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def _log_sums(model: InferenceModel, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithm (B, 1) of the sum of exp(score) over all items.

    The items that make up most of it count exactly; the rest as near as the item table is.
    """
    scores = model.scores(hidden)
    if not model.table.is_exact:
        size = min(EXACT_ITEMS, scores.shape[1])
        best = np.argpartition(-scores[0], size - 1)[:size]
        scores[:, best] = model.exact_scores(hidden, best)
        scores[:, 0] = -np.inf
    top = scores.max(axis=1, keepdims=True)
    scores -= top
    np.exp(scores, out=scores)
    logs: NDArray[np.float32] = top + np.log(scores.sum(axis=1, keepdims=True))
    return logs
