"""Encoder graphs as serving opens them: one thread, no arena, the item table shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from recommender.ml.errors import ArtifactError

RUNTIME_ERRORS = (
    runtime.EPFail,
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NoModel,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
)
GRAPH_TABLE = "items"  # as `onnx_graph` names it, which needs the onnx package


class EncoderSession:
    """A graph file and what it reads in place."""

    def __init__(
        self, path: Path, *, num_threads: int = 1, table: NDArray[np.float16] | None = None
    ) -> None:
        """Open a graph that reads the item table (V - 1, D), else the one its file points at.

        Raises:
            ArtifactError: The file is missing or broken.
        """
        if not path.is_file():
            raise ArtifactError(f"{path}: is missing; copy the model anew")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        # What the largest batch ever took would stay taken.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        # onnxruntime copies neither the array nor the value, so both must live as long as it does.
        self._table = None if table is None else onnxruntime.OrtValue.ortvalue_from_numpy(table)
        if self._table is not None:
            options.add_initializer(GRAPH_TABLE, self._table)
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except RUNTIME_ERRORS as error:
            raise ArtifactError(
                f"{path}: cannot be loaded: {error}; copy the model anew"
            ) from error

    def run(self, feed: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        """Return the hidden states (B, D) of what is fed."""
        hidden: NDArray[np.float32] = self._session.run(["hidden"], feed)[0]
        return hidden
