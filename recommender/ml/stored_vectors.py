"""Item vectors as they lie in the file: float16, half the memory of what they are computed in.

They are read, not mapped: a process that has mapped a file dies when somebody cuts it short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PART_ROWS = 1024


@dataclass(frozen=True)
class StoredVectors:
    """`halves` (V, D) float16 and what each row is multiplied by, `scale` (V,) or None."""

    halves: NDArray[np.float16]
    scale: NDArray[np.float32] | None

    def read(self, rows: NDArray[np.integer] | int) -> NDArray[np.float32]:
        """Return rows (N, D), or one row (D,), float32."""
        vectors = np.asarray(self.halves[rows]).astype(np.float32)
        if self.scale is not None:
            vectors *= self.scale[rows, None] if np.ndim(rows) else self.scale[rows]
        return vectors

    def read_all(self) -> NDArray[np.float32]:
        """Return a copy of all rows (V, D) float32."""
        vectors = self.halves.astype(np.float32)
        if self.scale is not None:
            vectors *= self.scale[:, None]
        return vectors

    def measure_norms(self) -> NDArray[np.float32]:
        """Return the length of each row (V,) float32."""
        norms = np.empty(len(self.halves), dtype=np.float32)
        # Some at a time: the float32 of all would come from the kernel anew, page by page.
        for start in range(0, len(norms), _PART_ROWS):
            rows = np.arange(start, min(start + _PART_ROWS, len(norms)))
            norms[rows] = np.linalg.norm(self.read(rows), axis=1)
        return norms
