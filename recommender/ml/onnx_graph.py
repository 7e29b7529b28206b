"""The serving graph of a SequenceTransformer, written operator by operator.

A traced graph would carry the tracer's shape juggling and change with the torch version; this one
is small, the same for the same weights, and computes in the last block what the last position
asks for and nothing else. Shapes use the letters of `transformer`.
"""

from __future__ import annotations

import math

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from recommender.ml.errors import ArtifactError
from recommender.ml.graph_writer import GraphWriter
from recommender.ml.positions import (
    GAP_BUCKETS,
    GAPS_PER_E_FOLD,
    distance_buckets,
    sinusoidal_positions,
)
from recommender.ml.tokens import (
    ERA_BITS,
    ERA_SHIFT,
    ITEM_BITS,
    SECONDS_BITS,
    SECONDS_SHIFT,
    STARS_BITS,
    STARS_SHIFT,
    TokenFeatures,
)
from recommender.ml.transformer import ModelConfig

OPSET = 17
IR_VERSION = 8
HIDDEN_SCORE = -1e9
UNDERFLOW_DEPTH = 60.0
ITEM_TABLE = "items"

Weights = dict[str, NDArray[np.float32]]


def check_servable(config: ModelConfig) -> None:
    """Raise ArtifactError where a network of this architecture can be measured but not served."""
    if config.block == "gru":
        raise ArtifactError(
            'a network with block = "gru" cannot be served; measure it by `compare`'
        )


def build_graph(
    config: ModelConfig,
    weights: Weights,
    num_items: int,
    *,
    writer: type[GraphWriter] = GraphWriter,
) -> onnx.ModelProto:
    """Return the encoder: item_idx (B, T) and lengths (B,), int64, to `hidden` (B, D) float32.

    `item_idx` are tokens where the network reads more than films. The item table is the
    initializer `items`, float16 (num_items, D), without data: the caller says where its bytes are.

    Raises:
        ArtifactError: The network has blocks that serving does not know.
    """
    check_servable(config)
    g = writer()
    x = _embed(g, config, weights)
    seconds = _bits(g, SECONDS_SHIFT, SECONDS_BITS) if config.relative_time_bias else None
    for number in range(config.num_blocks):
        prefix = f"blocks.{number}."
        block = {k.removeprefix(prefix): w for k, w in weights.items() if k.startswith(prefix)}
        x = _block(g, config, block, x, seconds, is_final=number == config.num_blocks - 1)
    if config.norm == "pre":
        x = _norm(g, x, weights, "norm")
    if config.scoring == "cosine":
        x = g.op("LpNormalization", x, axis=-1, p=2)
    g.nodes.append(helper.make_node("Identity", [x], ["hidden"]))
    return _finish(g, config, num_items)


def _finish(g: GraphWriter, config: ModelConfig, num_items: int) -> onnx.ModelProto:
    table = TensorProto(
        name=ITEM_TABLE, data_type=TensorProto.FLOAT16, dims=[num_items, config.embedding_dim]
    )
    graph = helper.make_graph(
        g.nodes,
        "encoder",
        [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n, shape in g.inputs],
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["B", config.embedding_dim])],
        [table, *g.initializers],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, producer_name="movieshow", ir_version=IR_VERSION, opset_imports=opsets
    )


def _embed(g: GraphWriter, config: ModelConfig, weights: Weights) -> str:
    zero, one = (g.constant(np.asarray(number, dtype=np.int64)) for number in (0, 1))
    reads_more = config.token_features != TokenFeatures()
    items = _bits(g, 0, ITEM_BITS) if reads_more else "item_idx"
    rows = g.op("Max", g.op("Sub", items, one), zero)
    x = g.op("Cast", g.op("Gather", ITEM_TABLE, rows), to=TensorProto.FLOAT)
    if config.scale_embeddings:
        x = g.op("Mul", x, g.constant(math.sqrt(config.embedding_dim)))
    if config.positions in ("learned", "sinusoidal"):
        table = weights.get("positions")
        if table is None:
            table = sinusoidal_positions(config.max_seq_len, config.embedding_dim).numpy()
        x = g.op("Add", x, g.at_places(g.constant(table)))
    if config.star_features:
        stars = _bits(g, STARS_SHIFT, STARS_BITS)
        x = g.op("Add", x, g.op("Gather", g.constant(weights["stars"]), stars))
    if config.time_features:
        eras = _bits(g, ERA_SHIFT, ERA_BITS)
        x = g.op("Add", x, g.op("Gather", g.constant(weights["eras"]), eras))
    return x


def _bits(g: GraphWriter, shift: int, count: int) -> str:
    """Return `count` bits of the tokens from `shift` on; int64 has no shifts in ONNX."""
    high = g.op("Div", "item_idx", g.constant(np.asarray(2**shift, dtype=np.int64)))
    return g.op("Mod", high, g.constant(np.asarray(2**count, dtype=np.int64)))


def _norm(g: GraphWriter, x: str, weights: Weights, name: str) -> str:
    scale, shift = g.constant(weights[f"{name}.weight"]), g.constant(weights[f"{name}.bias"])
    return g.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-5)


def _block(
    g: GraphWriter, config: ModelConfig, w: Weights, x: str, seconds: str | None, *, is_final: bool
) -> str:
    """(B, T, D) to (B, T, D), or in the final block to (B, D)."""
    pre = config.norm == "pre"
    asked = _norm(g, x, w, "norm1") if pre else x
    change = _attention(g, config, w, asked, seconds, is_final=is_final)
    x = _residual(g, w, g.at_last(x) if is_final else x, change, "gate1")
    x = x if pre else _norm(g, x, w, "norm1")
    change = _feed_forward(g, config, w, _norm(g, x, w, "norm2") if pre else x)
    x = _residual(g, w, x, change, "gate2")
    return x if pre else _norm(g, x, w, "norm2")


def _residual(g: GraphWriter, w: Weights, x: str, change: str, gate: str) -> str:
    if f"{gate}.weight" in w:
        opened = g.op("Sigmoid", g.linear(x, w[f"{gate}.weight"], w[f"{gate}.bias"]))
        change = g.op("Mul", opened, change)
    return g.op("Add", x, change)


def _feed_forward(g: GraphWriter, config: ModelConfig, w: Weights, x: str) -> str:
    hidden = g.linear(x, w["ffn.up.weight"], w["ffn.up.bias"])
    if config.block == "gated":
        gate, hidden = g.split(hidden, 2)
        hidden = g.op("Mul", _activate(g, "silu", gate), hidden)
    else:
        hidden = _activate(g, config.activation, hidden)
    return g.linear(hidden, w["ffn.down.weight"], w["ffn.down.bias"])


def _activate(g: GraphWriter, activation: str, x: str) -> str:
    if activation == "relu":
        return g.op("Relu", x)
    if activation == "silu":
        return g.op("Mul", x, g.op("Sigmoid", x))
    erf = g.op("Erf", g.op("Mul", x, g.constant(math.sqrt(0.5))))
    return g.op("Mul", g.op("Mul", x, g.constant(0.5)), g.op("Add", erf, g.constant(1.0)))


def _attention(
    g: GraphWriter, config: ModelConfig, w: Weights, x: str, seconds: str | None, *, is_final: bool
) -> str:
    dim, heads = config.embedding_dim, config.num_heads
    weight, bias = w["attention.qkv.weight"], w["attention.qkv.bias"]
    if is_final:  # only one position asks
        q = g.op("Unsqueeze", g.linear(g.at_last(x), weight[:dim], bias[:dim]), g.constant([1]))
        k, v = g.split(g.linear(x, weight[dim:], bias[dim:]), 2)
    else:
        q, k, v = g.split(g.linear(x, weight, bias), 3)
    shape = g.constant([0, 0, heads, dim // heads])
    q, k, v = (
        g.op("Transpose", g.op("Reshape", part, shape), perm=[0, 2, 1, 3]) for part in (q, k, v)
    )  # (B, H, T, K)
    if config.positions == "rotary":
        q, k = _rotate(g, config, q, is_last=is_final), _rotate(g, config, k, is_last=False)
    q = g.op("Mul", q, g.constant((dim // heads) ** -0.5))
    scores = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
    by_distance = _bias_by_distance(config, w.get("attention.bias.weight"))
    scores = g.op("Add", scores, g.between(by_distance, is_final=is_final))
    if seconds is not None:
        by_gap = _bias_by_gap(g, w["attention.time_bias.weight"], seconds, is_final=is_final)
        scores = g.op("Add", scores, by_gap)
    if not is_final:
        scores = _keep_from_underflow(g, q, k, scores)
    mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
    flat = g.constant([0, dim] if is_final else [0, 0, dim])
    mixed = g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), flat)
    return g.linear(mixed, w["attention.out.weight"], w["attention.out.bias"])


def _rotate(g: GraphWriter, config: ModelConfig, x: str, *, is_last: bool) -> str:
    head = config.embedding_dim // config.num_heads
    rates = 10_000.0 ** (-np.arange(0, head, 2) / head)
    angles = np.arange(config.max_seq_len)[:, None] * rates  # (T, K/2)
    tables = (g.constant(turn.astype(np.float32)) for turn in (np.cos(angles), np.sin(angles)))
    if is_last:  # (B, 1, 1, K/2)
        cos, sin = (
            g.op("Unsqueeze", g.op("Gather", table, "last"), g.constant([1, 2])) for table in tables
        )
    else:
        cos, sin = (g.at_places(table) for table in tables)
    a, b = g.split(x, 2)
    left = g.op("Sub", g.op("Mul", a, cos), g.op("Mul", b, sin))
    right = g.op("Add", g.op("Mul", a, sin), g.op("Mul", b, cos))
    return g.op("Concat", left, right, axis=-1)


def _bias_by_distance(config: ModelConfig, bias: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return (H or 1, T + 1) what is added to scores by how far back a key lies, last: ahead."""
    by_distance = np.zeros((1, config.max_seq_len), dtype=np.float32)
    if bias is not None:
        by_distance = bias[distance_buckets(config.max_seq_len)[-1].numpy()[::-1]].T  # (H, T)
    hidden = np.full((len(by_distance), 1), HIDDEN_SCORE, dtype=np.float32)
    return np.concatenate([by_distance, hidden], axis=1)


def _bias_by_gap(g: GraphWriter, bias: NDArray[np.float32], seconds: str, *, is_final: bool) -> str:
    """Return what scores get by the time between two films: (B, H, T, T), or (B, H, 1, T)."""
    asking = g.at_last(seconds) if is_final else seconds
    asking = g.op("Unsqueeze", asking, g.constant([-1]))  # (B, T, 1), or (B, 1)
    keys = seconds if is_final else g.op("Unsqueeze", seconds, g.constant([1]))
    zero, one, last = (g.constant(np.asarray(n, np.int64)) for n in (0, 1, GAP_BUCKETS - 1))
    gaps = g.op("Max", g.op("Sub", asking, keys), zero)
    logs = g.op("Log", g.op("Add", g.op("Cast", gaps, to=TensorProto.FLOAT), g.constant(1.0)))
    wide = g.op("Cast", g.op("Mul", logs, g.constant(GAPS_PER_E_FOLD)), to=TensorProto.INT64)
    is_known = g.op("And", g.op("Greater", asking, zero), g.op("Greater", keys, zero))
    known = g.op("Cast", is_known, to=TensorProto.INT64)
    buckets = g.op("Mul", g.op("Min", g.op("Add", wide, one), last), known)
    found = g.op("Gather", g.constant(bias), buckets)  # (B, T, T, H), or (B, T, H)
    if is_final:
        return g.op("Unsqueeze", g.swap(found, [0, 2, 1]), g.constant([2]))
    return g.swap(found, [0, 3, 1, 2])


def _keep_from_underflow(g: GraphWriter, q: str, k: str, scores: str) -> str:
    """Raise each score (B, H, T, T) to 60 below that of the position with itself.

    exp(-60) beside 1 changes no bit of a float32, and hidden keys stay hidden; but what the
    exponential makes of lower scores is subnormal, on which processors spend a hundred cycles each.
    """
    itself = g.op("ReduceSum", g.op("Mul", q, k), g.constant([-1]), keepdims=1)  # (B, H, T, 1)
    return g.op("Max", scores, g.op("Sub", itself, g.constant(UNDERFLOW_DEPTH)))
