"""The network before training: random, or with item vectors that already know neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recommender.ml.config import ExperimentConfig
from recommender.ml.initialisation import log_popularity, ppmi_svd_vectors
from recommender.ml.transformer import SequenceTransformer


def build_model(
    config: ExperimentConfig,
    histories: Sequence[NDArray[np.int64]],
    num_items: int,
    genres: NDArray[np.bool_] | None = None,
) -> SequenceTransformer:
    """Make a network to train, by the seed of the config.

    `histories` hold item_idx; `genres` (V, G) says what each item is, padding first, and is needed
    only where the config gives genres a weight.
    """
    torch.manual_seed(config.training.seed)
    model = SequenceTransformer(num_items, config.model)
    if config.initialisation.kind == "ppmi_svd":
        vectors = _start_vectors(config, histories, num_items, genres)
        _soften_residuals(model)
        for table in (model.items, model.outputs):
            if table is not None:
                table.data.copy_(torch.from_numpy(vectors))
        if model.bias is not None:
            model.bias.data.copy_(torch.from_numpy(log_popularity(histories, num_items)))
    return model


def _start_vectors(
    config: ExperimentConfig,
    histories: Sequence[NDArray[np.int64]],
    num_items: int,
    genres: NDArray[np.bool_] | None,
) -> NDArray[np.float32]:
    """Return (num_items, D) float32: neighbours, and genres after them if they have a weight."""
    start, dim = config.initialisation, config.model.embedding_dim
    columns = np.zeros((num_items, 0), dtype=np.float32)
    if start.genre_weight and genres is not None:
        counts = genres[1:].sum(axis=1, keepdims=True).clip(min=1)
        columns = (start.genre_weight * genres[1:] / np.sqrt(counts)).astype(np.float32)
    neighbours = ppmi_svd_vectors(
        histories,
        num_items,
        dim - columns.shape[1],
        max_gap=start.max_gap,
        decay=start.decay,
        seed=config.training.seed,
    )
    return np.concatenate([neighbours * start.scale, columns], axis=1)


def _soften_residuals(model: SequenceTransformer) -> None:
    """Shrink what blocks add, so that the first prediction is "near the last film" (GPT-2)."""
    std = 0.02 / math.sqrt(2 * model.config.num_blocks)
    for name, weight in model.named_parameters():
        if name.endswith(("out.weight", "down.weight")):
            nn.init.normal_(weight, std=std)
        elif name.endswith(("gate1.weight", "gate2.weight")):
            nn.init.normal_(weight, std=0.02)


@torch.no_grad()
def fill_unseen_eras(model: SequenceTransformer) -> None:
    """Give each half-year that nobody watched anything in the vector of the nearest one before it.

    So a network meets the present as the newest time it knows. Times before the first known one
    get that one's vector. Vectors start at zero and only those that occurred have left it.
    """
    if model.eras is None:
        return
    seen = model.eras.abs().sum(dim=1) > 0
    seen[0] = False  # unknown times are no time
    known = torch.nonzero(seen).flatten()
    if len(known) == 0:
        return
    eras = torch.arange(1, len(model.eras), device=known.device)
    nearest = (torch.searchsorted(known, eras, right=True) - 1).clamp_min(0)
    model.eras[1:] = model.eras[known[nearest]]
