"""Item vectors as they lie in the file: float16, half the memory of what they are computed in.

They are read, not mapped: a process that has mapped a file dies when somebody cuts it short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
        return self.read(np.arange(len(self.halves)))
