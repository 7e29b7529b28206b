"""Writing an ONNX graph operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper


class GraphWriter:
    """Collects nodes and constants; values are named by number.

    What it says of positions is that of one sequence a row, right-padded; `occlusion_graph` says
    other things of them.
    """

    inputs: Sequence[tuple[str, Sequence[str]]] = (("item_idx", ("B", "T")), ("lengths", ("B",)))

    def __init__(self) -> None:
        """Start with the nodes that say which position is asked for."""
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.start()

    def start(self) -> None:
        """Add `length`, the longest, and `last`, each one's last position."""
        self.nodes.append(helper.make_node("Shape", ["item_idx"], ["length"], start=1, end=2))
        one = self.constant(np.asarray(1, dtype=np.int64))
        self.nodes.append(helper.make_node("Sub", ["lengths", one], ["last"]))
        last_row = helper.make_node("Unsqueeze", ["last", self.constant([1])], ["last_row"])
        self.nodes.append(last_row)

    def constant(self, value: NDArray[np.generic] | float | Sequence[int]) -> str:
        """Add a constant; Python numbers become float32, sequences of integers int64."""
        if isinstance(value, float):
            value = np.asarray(value, dtype=np.float32)
        array = np.asarray(value)
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node and return its output; of several, `name.0`, `name.1` …, return `name`."""
        name = f"v{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return name

    def linear(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """Return x @ weight.T + bias."""
        product = self.op("MatMul", x, self.constant(weight.T))
        return self.op("Add", product, self.constant(bias))

    def split(self, x: str, parts: int) -> list[str]:
        """Cut the last axis into equal parts."""
        name = self.op("Split", x, outputs=parts, axis=-1)
        return [f"{name}.{i}" for i in range(parts)]

    def at_last(self, x: str) -> str:
        """Keep of x (B, T, ...) the position that is asked for: (B, ...)."""
        return self.op("GatherND", x, "last_row", batch_dims=1)

    def at_places(self, table: str) -> str:
        """Keep of a table (max_seq_len, ...) what belongs to the positions: (T, ...)."""
        return self._first(table, 0)

    def between(self, by_distance: NDArray[np.float32], *, is_final: bool) -> str:
        """Spread (H or 1, max_seq_len + 1) over pairs of positions.

        The last column is for keys that lie ahead. Returns (H or 1, T, T), or in the final block
        (B, H or 1, 1, T).
        """
        size = by_distance.shape[1] - 1
        back = np.arange(size)[:, None] - np.arange(size)
        table = self.op(  # of constants alone: onnxruntime computes it once, when it loads
            "Gather",
            self.constant(by_distance),
            self._once("distances", np.where(back < 0, size, back)),
            axis=1,
        )
        if not is_final:
            return self._first(table, 1, 2)
        chosen = self._first(self.op("Gather", table, "last", axis=1), 2)  # (H or 1, B, T)
        return self.op("Unsqueeze", self.swap(chosen, [1, 0, 2]), self.constant([2]))

    def swap(self, x: str, order: Sequence[int]) -> str:
        """Put the axes into another order."""
        return self.op("Transpose", x, perm=list(order))

    def _first(self, table: str, *axes: int) -> str:
        """Keep the first T entries of some axes."""
        ends = "length" if len(axes) == 1 else self.op("Concat", *["length"] * len(axes), axis=0)
        return self.op("Slice", table, self.constant([0] * len(axes)), ends, self.constant(axes))

    def _once(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a constant that several nodes share."""
        if all(table.name != name for table in self.initializers):
            self.initializers.append(numpy_helper.from_array(value, name))
        return name
