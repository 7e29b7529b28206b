"""Order in which near copies stand apart: ten films, not one trilogy and its neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POOL = 120
"""How many of the best films are looked at."""

DEPTH = 40
"""How many places are filled so; the rest follow by score."""

DIVERSITY = 0.15
"""Share of likeness in the trade, chosen on validation people (docs/LOG.md)."""


def diversify_order(
    scores: NDArray[np.float32],
    vectors: NDArray[np.float32],
    *,
    depth: int = DEPTH,
    share: float = DIVERSITY,
) -> NDArray[np.int64]:
    """Return the order (P,) in which to show films, by maximal marginal relevance.

    Each next film is the best by (1 - share) * score - share * greatest cosine to those before it
    (Carbonell & Goldstein 1998, eq. 1), for the first `depth` places; the others keep their order.
    `scores` (P,) fall, and are scaled to 0..1; `vectors` (P, D) are unit vectors, zero where a film
    has none.
    """
    size = len(scores)
    if size <= 2:
        return np.arange(size, dtype=np.int64)
    spread = float(scores[0] - scores[-1])
    relevance = (scores - scores[-1]) / (spread if spread > 0 else 1.0)
    gain = ((1 - share) * relevance).astype(np.float32)
    # Row i: what each film is worth once film i stands before it. (P, P)
    beside = gain - share * (vectors @ vectors.T)
    worth = gain
    chosen: list[int] = []
    for _ in range(min(depth, size)):
        best = int(worth.argmax())
        chosen.append(best)
        np.minimum(worth, beside[best], out=worth)
        worth[best] = -np.inf
    return np.concatenate([chosen, np.flatnonzero(np.isfinite(worth))]).astype(np.int64)
