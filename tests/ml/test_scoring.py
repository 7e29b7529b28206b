"""Every item table finds what the exact one finds; what it cannot do it says."""

import importlib

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from recommender.ml.byte_graph import write_byte_graph
from recommender.ml.scoring import TABLE_KINDS, TableKind, TableUnavailableError, make_table

V, D = 3000, 32


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    made = np.random.default_rng(1).normal(size=(V, D)).astype(np.float32)
    made[0] = 0.0
    return made


@pytest.fixture(scope="module")
def hidden() -> NDArray[np.float32]:
    return np.random.default_rng(2).normal(size=(20, D)).astype(np.float32)


def recall_at_ten(found: NDArray[np.float32], exact: NDArray[np.float32]) -> float:
    pairs = zip(np.argsort(-found)[:, :10], np.argsort(-exact)[:, :10], strict=True)
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in pairs]))


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_table_finds_the_best_items(
    kind: TableKind, vectors: NDArray[np.float32], hidden: NDArray[np.float32]
) -> None:
    scores = make_table(kind, vectors).scores(hidden)
    assert scores.shape == (20, V)
    assert scores.dtype == np.float32
    lowest = {"faiss-ivf": 0.3, "faiss-hnsw": 0.8}.get(kind, 0.95)
    assert recall_at_ten(scores, hidden @ vectors.T) >= lowest


@pytest.mark.parametrize("dim", [5, 16, 20, 128, 200])
def test_bytes_are_near_whatever_the_width(dim: int) -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(50, dim)).astype(np.float32)
    rows[0] = 0.0
    asked = rng.normal(size=(3, dim)).astype(np.float32)
    scores = make_table("int8", rows).scores(asked)
    exact = asked @ rows.T
    assert np.abs(scores[:, 0]).max() < 1e-2
    assert np.abs(scores - exact).max() < 0.05 * np.abs(exact).max()


def test_bytes_made_part_by_part_are_those_of_each_row_alone(hidden: NDArray[np.float32]) -> None:
    many = np.random.default_rng(4).normal(size=(9000, D)).astype(np.float32)
    many *= np.linspace(0.01, 3.0, len(many), dtype=np.float32)[:, None]
    many[4096] = 0.0
    scores = make_table("int8", many).scores(hidden)
    for rows in (slice(0, 10), slice(4090, 4100), slice(8990, 9000)):
        alone = make_table("int8", many[rows]).scores(hidden)
        np.testing.assert_allclose(scores[:, rows], alone, rtol=1e-5, atol=1e-6)


def test_float32_is_exact(vectors: NDArray[np.float32], hidden: NDArray[np.float32]) -> None:
    table = make_table("float32", vectors)
    assert table.is_exact
    np.testing.assert_array_equal(table.scores(hidden), hidden @ vectors.T)


def test_small_tables_take_less_memory(vectors: NDArray[np.float32]) -> None:
    sizes = [make_table(kind, vectors).nbytes for kind in ("float32", "float16", "int8")]
    assert sizes == sorted(sizes, reverse=True)


def test_graph_written_by_hand_is_what_onnx_reads() -> None:
    model = onnx.load_from_string(write_byte_graph(300, 2, 64))
    [node], graph = model.graph.node, model.graph
    assert (node.op_type, node.domain) == ("MatMulNBits", "com.microsoft")
    assert (list(node.input), list(node.output)) == (["hidden", "numbers", "scales"], ["scores"])
    assert {a.name: a.i for a in node.attribute} == {
        "K": 128,
        "N": 300,
        "bits": 8,
        "block_size": 64,
        "accuracy_level": 4,
    }
    assert [(t.name, list(t.dims), t.data_location) for t in graph.initializer] == [
        ("numbers", [300, 2, 64], onnx.TensorProto.EXTERNAL),
        ("scales", [600], onnx.TensorProto.EXTERNAL),
    ]
    assert graph.input[0].type.tensor_type.shape.dim[1].dim_value == 128
    assert graph.output[0].type.tensor_type.shape.dim[1].dim_value == 300


def test_unknown_kind_is_named(vectors: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="float7"):
        make_table("float7", vectors)  # type: ignore[arg-type]


def test_missing_package_says_what_to_install(
    vectors: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(TableUnavailableError, match="pip install faiss-cpu"):
        make_table("faiss-flat", vectors)
