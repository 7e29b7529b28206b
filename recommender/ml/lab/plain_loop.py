"""The training loop that most people would write first, to measure ours beside it.

`torch.nn.TransformerEncoder`, float32, every window padded to the full length, the loss in plain
operations. As windows are padded on the right, it needs no padding mask, and gets the faster
causal path of torch's attention.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recommender.ml.config import ExperimentConfig
from recommender.ml.sequences import pad_right
from recommender.ml.transformer import ModelConfig


class PlainTransformer(nn.Module):
    """Embeddings, learned positions and torch's encoder with as many weights a layer as ours."""

    def __init__(self, num_items: int, config: ModelConfig) -> None:
        super().__init__()
        dim = config.embedding_dim
        ffn_dim = config.ffn_dim
        if config.block == "gated":  # SwiGLU's three matrices and two gates, in two matrices
            ffn_dim = (3 * config.ffn_dim + 2 * dim) // 2
        self.items = nn.Embedding(num_items + 1, dim, padding_idx=0)
        self.positions = nn.Embedding(config.max_seq_len, dim)
        layer = nn.TransformerEncoderLayer(
            dim, config.num_heads, ffn_dim, config.dropout, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, config.num_blocks, nn.LayerNorm(dim), enable_nested_tensor=False
        )

    def forward(self, item_idx: Tensor) -> Tensor:
        """Item indices (B, T) int64, right-padded with 0, to hidden states (B, T, D)."""
        length = item_idx.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        x = self.items(item_idx) + self.positions.weight[:length]
        hidden: Tensor = self.encoder(x, mask=mask, is_causal=True)
        return hidden


class PlainLoop:
    """The network, its optimiser and its negatives; takes one step a batch of windows."""

    def __init__(self, num_items: int, config: ExperimentConfig) -> None:
        self.config, self.num_items = config, num_items
        torch.manual_seed(config.training.seed)
        self.model = PlainTransformer(num_items, config.model)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), config.training.learning_rate)
        self.windows_per_batch = max(
            1, config.training.tokens_per_batch // config.model.max_seq_len
        )

    def train_step(self, windows: Sequence[NDArray[np.int64]]) -> float:
        """Take one step and return the mean loss."""
        length = self.config.model.max_seq_len
        inputs = torch.from_numpy(pad_right([window[:-1] for window in windows], length))
        targets = torch.from_numpy(pad_right([window[1:] for window in windows], length))
        chosen = targets > 0
        loss = self._loss(self.model(inputs)[chosen], targets[chosen])
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.training.clip)
        self.optimiser.step()
        return loss.item()

    def _loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        table = self.model.items.weight
        if self.config.loss.kind == "cross_entropy":
            return functional.cross_entropy(hidden @ table[1:].T, targets - 1)
        negatives = torch.randint(1, self.num_items + 1, (self.config.loss.num_negatives,))
        positive = (hidden * table[targets]).sum(-1, keepdim=True)
        negative = (hidden @ table[negatives].T).masked_fill(
            negatives == targets[:, None], -torch.inf
        )
        logits = torch.cat([positive, negative], dim=1)
        return functional.cross_entropy(logits, torch.zeros_like(targets))
