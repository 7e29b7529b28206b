"""The graph that encodes a history without each of its last films at once, sharing what stays.

The network is causal: what it makes of a film depends on the films before it alone. So of a
history without one film only what came after that film is new. All positions that are (the
history, and each shortened tail) lie in one row, and say of each other how far apart they are:
a tree of sequences, computed as one. (The same trick checks guesses in speculative decoding: Miao
et al. 2024, "SpecInfer", section 4.2.) `occlusion` lays the row out.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from recommender.ml.graph_writer import GraphWriter
from recommender.ml.onnx_graph import ITEM_TABLE

SHARED_BYTES = 1024
"""Constants of so many bytes and more are read from the file of the other graph."""


class TreeWriter(GraphWriter):
    """Writes the operators over one row of N positions that belong to several sequences.

    `place` (N,) is each position's in its own sequence, `distances` (N, N) how far back in it each
    key lies, max_seq_len where the key is ahead or of another; `asked` (R,) are the positions whose
    hidden states are wanted.
    """

    inputs = (
        ("item_idx", ("B", "N")),
        ("place", ("N",)),
        ("distances", ("N", "N")),
        ("asked", ("R",)),
    )

    def start(self) -> None:
        """Add `last`, the places (R,) of the positions that are asked for."""
        self.nodes.append(helper.make_node("Gather", ["place", "asked"], ["last"]))

    def at_last(self, x: str) -> str:
        """Keep of x (1, N, ...) what is asked for: (R, ...)."""
        return self.op("Squeeze", self.op("Gather", x, "asked", axis=1), self.constant([0]))

    def at_places(self, table: str) -> str:
        """Keep of a table (max_seq_len, ...) what belongs to the positions: (N, ...)."""
        return self.op("Gather", table, "place")

    def between(self, by_distance: NDArray[np.float32], *, is_final: bool) -> str:
        """Spread (H or 1, max_seq_len + 1) over pairs: (H or 1, N, N), or (R, H or 1, 1, N)."""
        table = self.constant(by_distance)
        if not is_final:
            return self.op("Gather", table, "distances", axis=1)
        chosen = self.op("Gather", table, self.op("Gather", "distances", "asked"), axis=1)
        return self.op("Unsqueeze", self.swap(chosen, [1, 0, 2]), self.constant([2]))


def share_constants(graph: onnx.ModelProto, other: bytes, *, location: str) -> None:
    """Have the graph read its large constants from where they stand in `other`, a model file."""
    for tensor in graph.graph.initializer:
        raw = tensor.raw_data
        if tensor.name == ITEM_TABLE or len(raw) < SHARED_BYTES:
            continue
        offset = other.find(raw)
        if offset >= 0:
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            place = {"location": location, "offset": str(offset), "length": str(len(raw))}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=value)
