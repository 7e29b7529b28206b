"""Ranking metrics over the full catalogue, one value a person where that makes sense.

Definitions follow Krichene and Rendle, "On Sampled Metrics for Item Recommendation" (KDD 2020):
no sampled candidates; ties rank worst, so a model that scores all movies alike earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MISS = np.iinfo(np.int64).max
"""The rank of a target that the model cannot recommend at all."""


def rank_targets(
    scores: NDArray[np.float32], targets: Sequence[NDArray[np.integer]]
) -> list[NDArray[np.int64]]:
    """Rank each target among all movies, 1 is best, ties worst; `MISS` for item_idx 0 (unknown).

    Args:
        scores: (B, V) float32, -inf for padding and seen movies.
        targets: (B,) arrays of item_idx.

    Returns:
        (B,) arrays of int64, as long as the targets.

    Raises:
        ValueError: A score is NaN.
    """
    if np.isnan(scores).any():
        msg = "a score is NaN; the model is broken"
        raise ValueError(msg)
    ranks = []
    for row, items in zip(scores, targets, strict=True):
        found = np.array([np.count_nonzero(row >= row[item]) for item in items], dtype=np.int64)
        is_ranked = (np.asarray(items) != 0) & np.isfinite(row[items])
        ranks.append(np.where(is_ranked, found, MISS))
    return ranks


def hit_rate(ranks: Sequence[NDArray[np.int64]], k: int) -> NDArray[np.float64]:
    """Return (U,) 1.0 where any target is in the top k, else 0.0."""
    return np.array([float((row <= k).any()) for row in ranks])


def ndcg(ranks: Sequence[NDArray[np.int64]], k: int) -> NDArray[np.float64]:
    """Return (U,) normalised discounted cumulative gain of the top k, binary relevance.

    The gain of a target at rank r is 1 / log2(1 + r); the ideal list has all targets first
    (Järvelin and Kekäläinen, TOIS 2002).
    """
    values = np.empty(len(ranks))
    for u, row in enumerate(ranks):
        gains = 1.0 / np.log2(1.0 + row[row <= k].astype(np.float64))
        ideal = 1.0 / np.log2(2.0 + np.arange(min(len(row), k)))
        values[u] = gains.sum() / ideal.sum()
    return values


def reciprocal_rank(ranks: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return (U,) 1 / rank of the best target, 0.0 where none can be recommended."""
    best = np.array([row.min() for row in ranks], dtype=np.int64)
    return np.where(best == MISS, 0.0, 1.0 / best.astype(np.float64))


def top_items(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return (B, k) item_idx of the highest scores, best first; repeatable among equals."""
    k = min(k, scores.shape[1])
    kept = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.lexsort((kept, -np.take_along_axis(scores, kept, axis=1)), axis=1)
    return np.take_along_axis(kept, order, axis=1).astype(np.int64)


def coverage(recommended: NDArray[np.int64], items: NDArray[np.integer]) -> float:
    """Return the part of `items` (N,) that at least one of the (U, k) lists shows, 0..1."""
    return len(np.intersect1d(recommended, items)) / max(1, len(items))


def diversity(
    recommended: NDArray[np.int64], genre_vectors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return (U,) 1 - mean pairwise cosine of the genre vectors of each list of k >= 2 movies.

    Args:
        recommended: (U, k) item_idx.
        genre_vectors: (V, G) float32; a movie without genres is like no other.
    """
    norms = np.linalg.norm(genre_vectors, axis=1, keepdims=True)
    unit = genre_vectors / np.where(norms == 0.0, 1.0, norms)
    lists = unit[recommended].astype(np.float64)  # (U, k, G)
    k = recommended.shape[1]
    # The sum over all ordered pairs is |sum of vectors|^2; take away each vector with itself.
    pairs = (lists.sum(axis=1) ** 2).sum(axis=1) - (lists**2).sum(axis=(1, 2))
    return np.asarray(1.0 - pairs / (k * (k - 1)))


def novelty(
    recommended: NDArray[np.int64], counts: NDArray[np.int64], num_people: int
) -> NDArray[np.float64]:
    """Return (U,) mean self-information of each list in bits: -log2((count + 1) / (people + 1)).

    Args:
        recommended: (U, k) item_idx.
        counts: (V,) how many of the people trained on rated the movie.
        num_people: How many people were trained on.
    """
    bits = -np.log2((counts + 1.0) / (num_people + 1.0))
    return np.asarray(bits[recommended].mean(axis=1))
