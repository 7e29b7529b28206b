"""The sequential recommender: a causal Transformer that reads films and says what comes next.

Shapes use B sequences, T positions, D embedding_dim, H heads, K head size, V items. `item_idx` is
contiguous from 1; 0 is padding and only ever stands to the right of a sequence, where a causal
network cannot see it, so padding needs neither a vector nor an attention mask. `tokens` are
item_idx with stars and time of watching above its bits, where a network reads them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.ml.dropout import ByteDropout
from recommender.ml.positions import (
    DISTANCE_BUCKETS,
    GAP_BUCKETS,
    distance_buckets,
    gap_buckets,
    rotate,
    sinusoidal_positions,
)
from recommender.ml.recurrent import GruBlock
from recommender.ml.tokens import (
    NUM_ERAS,
    NUM_STARS,
    TokenFeatures,
    eras_of,
    items_of,
    seconds_of,
    stars_of,
)

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


@dataclass(frozen=True)
class ModelConfig:
    """Architecture of a SequenceTransformer; every field is an option of a TOML config."""

    embedding_dim: int = 128
    num_heads: int = 4
    num_blocks: int = 3
    ffn_dim: int = 256
    dropout: float = 0.1
    attention_dropout: float = 0.0
    max_seq_len: int = 128
    positions: Literal["sinusoidal", "learned", "rotary", "none"] = "learned"
    norm: Literal["post", "pre"] = "pre"
    block: Literal["plain", "gated", "gru"] = "gated"
    activation: Literal["relu", "gelu", "silu"] = "silu"
    scale_embeddings: bool = False
    relative_bias: bool = False
    relative_time_bias: bool = False
    scoring: Literal["dot", "cosine"] = "dot"
    temperature: float = 0.05
    output_bias: bool = False
    tied: bool = True
    star_features: bool = False
    time_features: bool = False

    def __post_init__(self) -> None:
        """Refuse combinations that no network can have."""
        if self.embedding_dim % self.num_heads:
            raise ValueError("embedding_dim must be a multiple of num_heads")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}")
        if self.positions == "rotary" and (self.embedding_dim // self.num_heads) % 2:
            raise ValueError("rotary positions need an even head size")
        if self.block == "gru" and self.relative_time_bias:
            raise ValueError("relative_time_bias must be false where blocks are gru: none attend")

    @property
    def token_features(self) -> TokenFeatures:
        """Return what the network reads of a film's watching."""
        return TokenFeatures(
            stars=self.star_features, times=self.time_features, seconds=self.relative_time_bias
        )


def at_position(x: Tensor, last: Tensor) -> Tensor:
    """Keep of x (B, ..., T, D) the position `last` (B,) alone: (B, ..., 1, D)."""
    place = last.view(-1, *[1] * (x.dim() - 1)).expand(*x.shape[:-2], 1, x.shape[-1])
    return x.gather(-2, place)


class Attention(nn.Module):
    """Causal multi-head self-attention; with `last`, only that position of each row asks."""

    angles: Tensor
    buckets: Tensor
    bias: nn.Embedding | None
    time_bias: nn.Embedding | None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config, dim = config, config.embedding_dim
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        head = dim // config.num_heads
        rates = 10_000.0 ** (-torch.arange(0, head, 2) / head)
        angles = torch.arange(config.max_seq_len)[:, None] * rates  # (T, K/2)
        self.register_buffer("angles", angles, persistent=False)
        self.bias = self.time_bias = None
        if config.relative_bias:
            self.bias = nn.Embedding(DISTANCE_BUCKETS, config.num_heads)
            nn.init.zeros_(self.bias.weight)
            self.register_buffer("buckets", distance_buckets(config.max_seq_len), persistent=False)
        if config.relative_time_bias:
            self.time_bias = nn.Embedding(GAP_BUCKETS, config.num_heads)
            nn.init.zeros_(self.time_bias.weight)

    def forward(self, x: Tensor, last: Tensor | None = None, times: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D), or to (B, 1, D) where `last` (B,) names the asking position.

        `times` (B, T) are unix seconds, for networks that read them.
        """
        batch, length, dim = x.shape
        q, k, v = self.project(x)
        mask = None  # causal
        if last is not None:
            q = at_position(q, last)  # (B, H, 1, K)
            visible = torch.arange(length, device=x.device) <= last[:, None]
            mask = visible[:, None, None]  # (B, 1, 1, T)
        bias = self.bias_between(length, last, times)
        if bias is not None:
            ahead = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            mask = bias.masked_fill(ahead if mask is None else ~mask, -math.inf)
        rate = self.config.attention_dropout if self.training else 0.0
        with torch.autocast(x.device.type, enabled=False):  # flash in bf16 is slower on this path
            mixed = functional.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, dropout_p=rate, is_causal=mask is None
            )
        joined: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, -1, dim))
        return joined

    def bias_between(self, length: int, last: Tensor | None, times: Tensor | None) -> Tensor | None:
        """What scores get by distance and time: (H, T, T) or (B, H, T, T), or (B, H, 1, T)."""
        bias: Tensor | None = None
        if self.bias is not None:
            places = slice(length) if last is None else last[:, None]
            bias = self.bias(self.buckets[places, :length])
        if self.time_bias is not None and times is not None:
            asking = times if last is None else times.gather(1, last[:, None])
            by_time: Tensor = self.time_bias(gap_buckets(asking, times))
            bias = by_time if bias is None else bias + by_time
        return None if bias is None else bias.movedim(-1, -3)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each (B, H, T, K) float32, of (B, T, D)."""
        batch, length, dim = x.shape
        heads = self.config.num_heads
        qkv = self.qkv(x).view(batch, length, 3, heads, dim // heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).float()
        if self.config.positions == "rotary":
            angles = self.angles[:length]
            q, k = rotate(q, angles), rotate(k, angles)
        return q, k, v


class FeedForward(nn.Module):
    """Two layers (Vaswani et al. 2017, eq. 2), or SwiGLU (Shazeer 2020, eq. 6) when gated."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gated = config.block == "gated"
        self.activation = ACTIVATIONS["silu" if self.gated else config.activation]
        self.up = nn.Linear(config.embedding_dim, config.ffn_dim * (2 if self.gated else 1))
        self.down = nn.Linear(config.ffn_dim, config.embedding_dim)
        self.dropout = ByteDropout(0.0 if self.gated else config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        hidden: Tensor = self.up(x)
        if self.gated:
            gate, hidden = hidden.chunk(2, dim=-1)
            hidden = self.activation(gate) * hidden
        else:
            hidden = self.dropout(self.activation(hidden))
        change: Tensor = self.down(hidden)
        return change


class Block(nn.Module):
    """One layer: plain pre- or post-norm, or with sigmoid gates on both residuals (LiGR, 2025)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config, dim = config, config.embedding_dim
        self.attention, self.ffn = Attention(config), FeedForward(config)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = ByteDropout(config.dropout)
        if config.block == "gated":
            self.gate1, self.gate2 = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor, last: Tensor | None = None, times: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D), or to (B, 1, D) for the position `last` (B,) alone."""
        gated, pre = self.config.block == "gated", self.config.norm == "pre"
        change = self.dropout(self.attention(self.norm1(x) if pre else x, last, times))
        if last is not None:
            x = at_position(x, last)  # (B, 1, D)
        x = x + (torch.sigmoid(self.gate1(x)) * change if gated else change)
        x = x if pre else self.norm1(x)
        change = self.dropout(self.ffn(self.norm2(x) if pre else x))
        x = x + (torch.sigmoid(self.gate2(x)) * change if gated else change)
        return x if pre else self.norm2(x)


def make_block(config: ModelConfig) -> nn.Module:
    """Return one layer; `gru` ones have `ffn_dim` units and need neither heads nor positions."""
    if config.block == "gru":
        return GruBlock(config.embedding_dim, config.ffn_dim, config.dropout)
    return Block(config)


class SequenceTransformer(nn.Module):
    """Films in watching order to one vector a position, whose product with items scores them."""

    positions: Tensor

    def __init__(self, num_items: int, config: ModelConfig) -> None:
        super().__init__()
        self.config, self.num_items, dim = config, num_items, config.embedding_dim
        self.items = nn.Parameter(torch.randn(num_items, dim) * dim**-0.5)  # row i is item_idx i+1
        self.outputs = None if config.tied else nn.Parameter(self.items.detach().clone())
        self.bias = nn.Parameter(torch.zeros(num_items)) if config.output_bias else None
        if config.positions == "learned":
            self.positions = nn.Parameter(torch.randn(config.max_seq_len, dim) * 0.02)
        elif config.positions == "sinusoidal":
            fixed = sinusoidal_positions(config.max_seq_len, dim)
            self.register_buffer("positions", fixed, persistent=False)
        self.stars = nn.Parameter(torch.zeros(NUM_STARS, dim)) if config.star_features else None
        self.eras = nn.Parameter(torch.zeros(NUM_ERAS, dim)) if config.time_features else None
        self.blocks = nn.ModuleList(make_block(config) for _ in range(config.num_blocks))
        self.norm = nn.LayerNorm(dim) if config.norm == "pre" else nn.Identity()
        self.dropout = ByteDropout(config.dropout)

    def embed(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T) int64 to the first layer's input (B, T, D)."""
        x = functional.embedding((items_of(tokens) - 1).clamp_min(0), self.items)
        if self.config.scale_embeddings:
            x = x * math.sqrt(self.config.embedding_dim)
        if self.config.positions in ("learned", "sinusoidal"):
            x = x + self.positions[: tokens.shape[1]]
        if self.stars is not None:
            x = x + functional.embedding(stars_of(tokens), self.stars)
        if self.eras is not None:
            x = x + functional.embedding(eras_of(tokens), self.eras)
        dropped: Tensor = self.dropout(x)
        return dropped

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T) int64, right-padded with 0, to hidden states (B, T, D)."""
        x, times = self.embed(tokens), self.read_times(tokens)
        for block in self.blocks:
            x = block(x, None, times)
        return self.finish(x)

    def encode_last(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Hidden state (B, D) at the end of each row; the last block asks for no other position."""
        x, last, times = self.embed(tokens), lengths - 1, self.read_times(tokens)
        *earlier, final = self.blocks
        for block in earlier:
            x = block(x, None, times)
        return self.finish(final(x, last, times)[:, 0])

    def read_times(self, tokens: Tensor) -> Tensor | None:
        """Unix seconds (B, T) of tokens, 0 where unknown; None where no layer reads them."""
        return seconds_of(tokens) if self.config.relative_time_bias else None

    def finish(self, x: Tensor) -> Tensor:
        """Final norm, and unit length where scores are cosines."""
        x = self.norm(x)
        return functional.normalize(x, dim=-1) if self.config.scoring == "cosine" else x

    def output_vectors(self, rows: Tensor | None = None) -> Tensor:
        """Vectors (V, D), or of the given rows (item_idx - 1), that hidden states are scored by."""
        table: Tensor = self.items if self.outputs is None else self.outputs
        table = table if rows is None else functional.embedding(rows, table)
        if self.config.scoring == "cosine":
            return functional.normalize(table, dim=-1) / self.config.temperature
        return table
