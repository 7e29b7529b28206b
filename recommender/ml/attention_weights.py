"""Which films a network's last position attends to: the probabilities that attention mixes by.

Only measurements read them: the served graph gives out no attention.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.transformer import Attention, SequenceTransformer, at_position

ReadAttention = Callable[[NDArray[np.integer]], NDArray[np.float64]]
"""A sequence of tokens (T,), oldest first, to how much its end attends to each: (T,), sum 1."""


def attention_weights(
    attention: Attention, x: Tensor, last: Tensor, times: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the probabilities (B, H, T) of the position `last` (B,), and the values (B, H, T, K).

    `x` (B, T, D) and `times` (B, T) are what the module takes; weights times values, heads
    joined, is what its `out` takes (Vaswani et al. 2017, eq. 1, with the module's own rotary angles
    and relative biases).
    """
    q, k, v = attention.project(x)
    length = k.shape[-2]
    asked = at_position(q, last)  # (B, H, 1, K)
    logits = (asked @ k.transpose(-1, -2)).squeeze(-2) / math.sqrt(k.shape[-1])  # (B, H, T)
    bias = attention.bias_between(length, last, times)
    if bias is not None:
        logits = logits + bias.squeeze(-2)
    hidden = torch.arange(length, device=x.device) > last[:, None]
    return logits.masked_fill(hidden[:, None], -math.inf).softmax(dim=-1), v


def attention_reader(network: SequenceTransformer) -> ReadAttention | None:
    """Return what reads a network's attention, averaged over heads and layers.

    None where the network has no attention, as a recurrent one. Films before the last `max_seq_len`
    are not read and get 0.
    """
    layers = [module for module in network.modules() if isinstance(module, Attention)]
    if not layers:
        return None

    def read(sequence: NDArray[np.integer]) -> NDArray[np.float64]:
        kept = np.asarray(sequence, dtype=np.int64)[-network.config.max_seq_len :]
        weights = np.zeros(len(sequence))
        weights[len(sequence) - len(kept) :] = _read_last(network, layers, kept)
        return weights

    return read


@torch.inference_mode()
def _read_last(
    network: SequenceTransformer, layers: list[Attention], kept: NDArray[np.int64]
) -> NDArray[np.float64]:
    tokens, lengths = torch.from_numpy(kept)[None], torch.tensor([len(kept)])
    found: list[Tensor] = []

    def watch(layer: Attention, inputs: tuple[Any, ...]) -> None:
        x, last, times = inputs
        weights, _ = attention_weights(layer, x, lengths - 1 if last is None else last, times)
        found.append(weights[0].mean(dim=0))  # over heads: (T,)

    hooks = [layer.register_forward_pre_hook(watch) for layer in layers]
    try:
        network.encode_last(tokens, lengths)
    finally:
        for hook in hooks:
            hook.remove()
    averaged: NDArray[np.float64] = torch.stack(found).double().mean(dim=0).numpy()
    return averaged
