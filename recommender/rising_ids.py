"""Where ids stand among rising ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def find_places(
    rising: NDArray[np.int64], wanted: Sequence[int] | NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the place (N,) of each wanted id among rising ones (M,), and whether it is there.

    The place of one that is not there means nothing.
    """
    ids = np.asarray(wanted, dtype=np.int64)
    if not len(rising):
        return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
    places = np.searchsorted(rising, ids).clip(max=len(rising) - 1)
    return places, rising[places] == ids
