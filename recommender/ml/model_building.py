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
    config: ExperimentConfig, histories: Sequence[NDArray[np.int32]], num_items: int
) -> SequenceTransformer:
    """Make a network to train, by the seed of the config; `histories` hold item_idx."""
    torch.manual_seed(config.training.seed)
    model = SequenceTransformer(num_items, config.model)
    if config.initialisation.kind == "ppmi_svd":
        start = config.initialisation
        vectors = ppmi_svd_vectors(
            histories,
            num_items,
            config.model.embedding_dim,
            max_gap=start.max_gap,
            decay=start.decay,
            seed=config.training.seed,
        )
        _soften_residuals(model)
        for table in (model.items, model.outputs):
            if table is not None:
                table.data.copy_(torch.from_numpy(vectors * start.scale))
        if model.bias is not None:
            model.bias.data.copy_(torch.from_numpy(log_popularity(histories, num_items)))
    return model


def _soften_residuals(model: SequenceTransformer) -> None:
    """Shrink what blocks add, so that the first prediction is "near the last film" (GPT-2)."""
    std = 0.02 / math.sqrt(2 * model.config.num_blocks)
    for name, weight in model.named_parameters():
        if name.endswith(("out.weight", "down.weight")):
            nn.init.normal_(weight, std=std)
        elif name.endswith(("gate1.weight", "gate2.weight")):
            nn.init.normal_(weight, std=0.02)
