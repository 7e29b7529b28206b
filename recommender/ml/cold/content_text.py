"""Texts as numbers: weighted words and pairs of words, reduced to the directions that matter.

Weights are 1 + log of the count times log of the inverse document frequency, rows of length 1
(Salton & Buckley 1988); the reduction is a truncated SVD (Deerwester et al. 1990, latent semantic
analysis), found by randomised projection (Halko, Martinsson & Tropp 2011, algorithm 5.1).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

WORD = re.compile(r"[a-z0-9]+")
MAX_TERMS = 40_000
OVERSAMPLE = 16
POWER_ITERATIONS = 3


def split_terms(text: str) -> list[str]:
    """Return the words of a text, in lower case, and its pairs of neighbouring words."""
    words = WORD.findall(text.lower())
    return [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]


def weigh_terms(
    documents: Sequence[Sequence[str]], *, min_documents: int = 3, max_share: float = 0.3
) -> sparse.csr_matrix:
    """Return (N, F) float32, a row of length 1 for each document, of zeros where it has no term.

    Terms of fewer than `min_documents` documents, or of more than `max_share` of those that have
    any, are left out; of the rest the 40,000 in most documents stay.
    """
    counts = [Counter(document) for document in documents]
    spread = Counter(term for count in counts for term in count)
    filled = sum(1 for count in counts if count)
    kept = [
        (term, number)
        for term, number in spread.items()
        if min_documents <= number <= max(max_share * filled, min_documents)
    ]
    kept = sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:MAX_TERMS]
    column = {term: place for place, (term, _) in enumerate(kept)}
    rarity = {term: float(np.log(filled / number)) + 1.0 for term, number in kept}
    rows, columns, weights = [], [], []
    for row, count in enumerate(counts):
        for term, times in count.items():
            if term in column:
                rows.append(row)
                columns.append(column[term])
                weights.append((1.0 + float(np.log(times))) * rarity[term])
    matrix = sparse.csr_matrix(
        (np.array(weights, dtype=np.float32), (rows, columns)), shape=(len(documents), len(column))
    )
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_matrix(sparse.diags(scale.astype(np.float32)) @ matrix)


def reduce_terms(matrix: sparse.csr_matrix, rank: int) -> NDArray[np.float32]:
    """Return U·S of the truncated SVD: (N, rank) float32; columns beyond what there is are 0."""
    reduced = np.zeros((matrix.shape[0], rank), dtype=np.float32)
    width = min(rank + OVERSAMPLE, *matrix.shape)
    if not width:
        return reduced
    rng = np.random.default_rng(0)
    basis = matrix @ rng.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(POWER_ITERATIONS):
        basis, _ = np.linalg.qr(basis)
        basis = matrix @ (matrix.T @ basis)
    basis, _ = np.linalg.qr(basis)
    left, strengths, _ = np.linalg.svd(np.asarray((matrix.T @ basis).T), full_matrices=False)
    found = (basis @ left * strengths)[:, :rank]
    reduced[:, : found.shape[1]] = found
    return reduced
