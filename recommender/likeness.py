"""How near films lie to a direction among the item vectors, whatever the item table leaves out."""

import numpy as np
from numpy.typing import NDArray

from recommender.serving import Snapshot


def score_cosines(
    snapshot: Snapshot, vector: NDArray[np.float32], *, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return (C,) the product of each film's unit vector with `vector` (1, D).

    Of films that an index leaves out those of `wanted` (C,) are computed exactly, the others are
    -inf. Films that the model does not know are 0.
    """
    assert snapshot.model is not None  # noqa: S101 - the callers have looked
    network = snapshot.model.network
    products = snapshot.spread(network.table.scores(vector)[0])
    left_out = np.flatnonzero(wanted & ~np.isfinite(products))
    if len(left_out):
        products[left_out] = network.stored.read(snapshot.item_idx[left_out]) @ vector[0]
    cosines = np.full_like(products, -np.inf)
    inverse_norms = snapshot.spread(snapshot.model.inverse_norms)
    return np.multiply(products, inverse_norms, where=np.isfinite(products), out=cosines)
