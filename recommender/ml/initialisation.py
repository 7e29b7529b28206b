"""Item vectors to start training from: what is watched close together lies close together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds


def neighbour_counts(
    histories: Sequence[NDArray[np.integer]], num_items: int, *, max_gap: int, decay: float
) -> sparse.csr_matrix:
    """Count how often two items are neighbours: decay^(gap-1) for each pair at most max_gap apart.

    Returns:
        (num_items, num_items) float32, symmetric; row i is item_idx i + 1.
    """
    joined = np.concatenate([np.append(h, [0] * max_gap) for h in histories]).astype(np.int64)
    counts = sparse.csr_matrix((num_items, num_items), dtype=np.float32)
    for gap in range(1, max_gap + 1):
        left, right = joined[:-gap], joined[gap:]
        both = (left > 0) & (right > 0)  # zeros stand between people
        weights = np.full(int(both.sum()), decay ** (gap - 1), dtype=np.float32)
        counts += sparse.csr_matrix(
            (weights, (left[both] - 1, right[both] - 1)), shape=counts.shape
        )
    return sparse.csr_matrix(counts + counts.T)


def log_popularity(histories: Sequence[NDArray[np.integer]], num_items: int) -> NDArray[np.float32]:
    """Return (num_items,) float32: log(1 + count) of each item, less the mean."""
    counts = np.bincount(np.concatenate(histories), minlength=num_items + 1)[1:]
    logs = np.log1p(counts)
    centred: NDArray[np.float32] = (logs - logs.mean()).astype(np.float32)
    return centred


def ppmi_svd_vectors(
    histories: Sequence[NDArray[np.integer]],
    num_items: int,
    dim: int,
    *,
    max_gap: int = 5,
    decay: float = 0.8,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Factorise the positive pointwise mutual information of neighbours (Levy & Goldberg 2014).

    Vectors are U·sqrt(S) of the truncated SVD (their section 3.3), scaled together so that the
    items that were seen have a root mean square length of 1.

    Returns:
        (num_items, dim) float32; items too rare to have neighbours get small random vectors.
    """
    rng = np.random.default_rng(seed)
    counts = neighbour_counts(histories, num_items, max_gap=max_gap, decay=decay).tocoo()
    totals = np.asarray(counts.sum(axis=1)).ravel()
    pmi = np.log(counts.data * totals.sum() / (totals[counts.row] * totals[counts.col]))
    keep = pmi > 0
    ppmi = sparse.csr_matrix(
        (pmi[keep].astype(np.float32), (counts.row[keep], counts.col[keep])), shape=counts.shape
    )
    rank = min(dim, num_items - 1)
    left, strengths, _ = svds(ppmi, k=rank, v0=rng.standard_normal(num_items).astype(np.float32))
    vectors = np.zeros((num_items, dim), dtype=np.float32)
    vectors[:, :rank] = (left * np.sqrt(strengths))[:, ::-1]
    lengths = np.linalg.norm(vectors, axis=1)
    vectors /= np.sqrt(np.mean(lengths[lengths > 0] ** 2))
    rare = lengths < 1e-6
    vectors[rare] = rng.standard_normal((int(rare.sum()), dim)) * 0.1 / np.sqrt(dim)
    return vectors
