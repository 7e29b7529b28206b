"""Item tables: how the scores of all films are computed, exactly or nearly, behind one interface.

V items, D dimensions, B hidden states. All but `float32` are near enough to find the best films by;
`InferenceModel.exact_scores` gives the order among those found. What each costs and finds is
measured by `python -m recommender.ml bench`; docs/results/scoring.md has the table.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal, Protocol, get_args

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from recommender.ml.byte_graph import write_byte_graph

TableKind = Literal["float32", "float16", "int8", "faiss-flat", "faiss-ivf", "faiss-hnsw"]
TABLE_KINDS: tuple[TableKind, ...] = get_args(TableKind)
CANDIDATES = 2000
_HALF_ROWS = 4096
_PART_ROWS = 1024
_BLOCK = 128
_SMALLEST_BLOCK = 16


class TableUnavailableError(Exception):
    """A kind of item table cannot be used here; the message says what to do."""


class ItemTable(Protocol):
    """Scores all items. `nbytes` is what one search reads at most, `is_exact` whether in full."""

    nbytes: int
    is_exact: bool

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (B, V) float32 products with all items; -inf for those an index left out."""
        ...


def make_table(kind: TableKind, vectors: NDArray[np.float32], *, num_threads: int = 1) -> ItemTable:
    """Return a table of (V, D) float32 vectors.

    Raises:
        TableUnavailableError: the kind needs a package that is not installed.
        ValueError: there is no such kind.
    """
    if kind == "float32":
        return ExactTable(vectors)
    if kind == "float16":
        return HalfTable(vectors)
    if kind == "int8":
        return ByteTable(vectors, num_threads=num_threads)
    if kind in TABLE_KINDS:
        return IndexTable(kind, vectors, num_threads=num_threads)
    raise ValueError(f"{kind!r} is no item table; there are: {', '.join(TABLE_KINDS)}")


class ExactTable:
    """float32: one matrix product."""

    is_exact = True

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = np.ascontiguousarray(vectors)
        self.nbytes = self._vectors.nbytes

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the products themselves."""
        products: NDArray[np.float32] = hidden @ self._vectors.T
        return products


class HalfTable:
    """float16 in memory, widened a few thousand rows at a time: processors cannot multiply it."""

    is_exact = False

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors.astype(np.float16)
        self.nbytes = self._vectors.nbytes

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the products with the rounded vectors."""
        parts = [
            hidden @ self._vectors[start : start + _HALF_ROWS].astype(np.float32).T
            for start in range(0, len(self._vectors), _HALF_ROWS)
        ]
        return np.concatenate(parts, axis=1)


class ByteTable:
    """8 bits a number with a scale for each 128, multiplied as integers by onnxruntime.

    The hidden state is rounded to 8 bits too. (onnxruntime's MatMulNBits, accuracy level 4.)
    """

    is_exact = False

    def __init__(self, vectors: NDArray[np.float32], *, num_threads: int = 1) -> None:
        self._dim = vectors.shape[1]
        width = -(-self._dim // _SMALLEST_BLOCK) * _SMALLEST_BLOCK
        block = next(size for size in (_BLOCK, 64, 32, _SMALLEST_BLOCK) if width % size == 0)
        numbers = np.empty((len(vectors), width // block, block), dtype=np.uint8)
        scales = np.empty((len(vectors), width // block), dtype=np.float32)
        # Some at a time: arrays as large as all vectors would come from the kernel page by page.
        for start in range(0, len(vectors), _PART_ROWS):
            rows = slice(start, start + _PART_ROWS)
            padded = np.pad(vectors[rows], ((0, 0), (0, width - self._dim)))
            blocks = padded.reshape(len(padded), width // block, block)
            scales[rows] = np.abs(blocks).max(axis=2) / 127.0
            scales[rows][scales[rows] == 0] = 1.0
            numbers[rows] = (np.rint(blocks / scales[rows, :, None]) + 128).astype(np.uint8)
        self._width = width
        self.nbytes = numbers.nbytes + scales.nbytes
        self._session = _make_session(numbers, scales, num_threads=num_threads)

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the products of the rounded numbers."""
        if self._width != self._dim:
            hidden = np.pad(hidden, ((0, 0), (0, self._width - self._dim)))
        products: NDArray[np.float32] = self._session.run(["scores"], {"hidden": hidden})[0]
        return products


def _make_session(
    numbers: NDArray[np.uint8], scales: NDArray[np.float32], *, num_threads: int
) -> onnxruntime.InferenceSession:
    """Return a session of one operator; the numbers (V, D / block, block) go in beside the graph.

    Raises:
        TableUnavailableError: this processor or onnxruntime cannot do it.
    """
    rows, parts, block = numbers.shape
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # Planned memory is one piece: the numbers would stay in it beside what they are packed into.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    given = {
        "numbers": onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(numbers)),
        "scales": onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(scales.ravel())),
    }
    options.add_external_initializers(list(given), list(given.values()))
    try:
        return onnxruntime.InferenceSession(
            write_byte_graph(rows, parts, block), options, providers=["CPUExecutionProvider"]
        )
    except (runtime.Fail, runtime.NotImplemented, runtime.InvalidGraph) as error:
        raise TableUnavailableError(f"int8 tables do not work here: {error}") from error


class IndexTable:
    """A FAISS index (Johnson et al. 2019): the best 2,000 items have scores, the others -inf.

    flat looks at all; ivf at the items of the nearest 1 in 16 of 4 √V cells; hnsw walks a graph of
    32 neighbours each.
    """

    is_exact = False

    def __init__(
        self, kind: TableKind, vectors: NDArray[np.float32], *, num_threads: int = 1
    ) -> None:
        try:
            faiss: Any = importlib.import_module("faiss")
        except ImportError as error:
            raise TableUnavailableError(
                f"item table {kind} needs FAISS; run: pip install faiss-cpu"
            ) from error
        faiss.omp_set_num_threads(num_threads)
        rows, dim = vectors.shape
        self._rows = rows
        if kind == "faiss-flat":
            self._index = faiss.IndexFlatIP(dim)
        elif kind == "faiss-ivf":
            cells = max(1, int(4 * rows**0.5))
            self._index = faiss.IndexIVFFlat(
                faiss.IndexFlatIP(dim), dim, cells, faiss.METRIC_INNER_PRODUCT
            )
            self._index.cp.niter = 5
            self._index.cp.max_points_per_centroid = 64
            self._index.nprobe = max(1, cells // 16)
            self._index.train(vectors)
        else:
            self._index = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
            self._index.hnsw.efConstruction = 60
            self._index.hnsw.efSearch = 400
        self._index.add(np.ascontiguousarray(vectors))
        self.nbytes = vectors.nbytes

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores of the items found; -inf for all others."""
        found, items = self._index.search(np.ascontiguousarray(hidden), min(CANDIDATES, self._rows))
        scores = np.full((len(hidden), self._rows), -np.inf, dtype=np.float32)
        for row, idx, products in zip(scores, items, found, strict=True):
            row[idx[idx >= 0]] = products[idx >= 0]
        return scores
