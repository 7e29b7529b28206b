"""Finding one person in several samples of the same site."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from recommender.ml.datasets import Interactions

MIN_SHARED_RATINGS = 5
MIN_SHARED_PART = 0.1


def label_people(interactions: Interactions) -> NDArray[np.int32]:
    """Give every entry the label of the human behind it, the same in every data set.

    Two entries are one human when they share at least 5 (movie, second) pairs and these are at
    least a tenth of the shorter history. Sets that keep only part of the true times (ML-1M here)
    share a fifth or more with the true copy; strangers share next to nothing.

    Returns:
        (P,) int32 labels; equal labels mean the same human.
    """
    moment = interactions.timestamp << 22 ^ interactions.movie_id.astype(np.int64)
    moments, inverse = np.unique(moment, return_inverse=True)
    seen = sparse.csr_matrix(
        (np.ones(len(moment), dtype=np.int32), (interactions.person, inverse)),
        shape=(interactions.num_people, len(moments)),
    )
    shared = sparse.coo_matrix(seen @ seen.T)
    lengths = np.bincount(interactions.person, minlength=interactions.num_people)
    shorter = np.minimum(lengths[shared.row], lengths[shared.col])
    is_same = (shared.data >= MIN_SHARED_RATINGS) & (shared.data >= MIN_SHARED_PART * shorter)
    links = sparse.coo_matrix(
        (np.ones(is_same.sum()), (shared.row[is_same], shared.col[is_same])),
        shape=(interactions.num_people, interactions.num_people),
    )
    labels: NDArray[np.int32] = csgraph.connected_components(links, directed=False)[1]
    return labels


def longest_copies(interactions: Interactions, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Mark one entry of each human: the one with most ratings, the first among equals.

    Returns:
        (P,) bool.
    """
    lengths = np.bincount(interactions.person, minlength=interactions.num_people)
    order = np.lexsort((np.arange(len(labels)), -lengths, labels))
    first_of_label = np.unique(labels[order], return_index=True)[1]
    mask = np.zeros(len(labels), dtype=bool)
    mask[order[first_of_label]] = True
    return mask
