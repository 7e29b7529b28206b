"""What the films somebody watched say of their taste, before any stars are looked at.

People choose what they watch: choices alone predict a part of the person vector of
`ratings.factors`, as the implicit half of SVD++ does (Koren 2008, section 4). The mean of the
watched films' item vectors, taken from the trained network and left as they are, is mapped to that
vector by ridge regression; per film this leaves one row, so serving needs no encoding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ml.ratings.config import RatingConfig
from recommender.ml.ratings.factors import RatingMatrix

Array = NDArray[np.float32]
FIRST_AGE_POWER, FIRST_AGE_SCALE, FIRST_WATCHED_SHRINKAGE = 0.35, 20.0, 1.0


def fit_leaning(
    ratings: RatingMatrix, person_means: Array, item_vectors: Array, config: RatingConfig
) -> Array:
    """Return (V, C): the part of the person vector that having watched a film speaks for.

    `person_means` (P, C) are posteriors from all ratings of each person; what predicts them is
    read from the beginning of the history alone, up to a random film. `item_vectors` (V, D).
    """
    content = centre_vectors(item_vectors, ratings.item_counts)
    rng = np.random.default_rng(config.seed)
    stops = np.cumsum(np.bincount(ratings.person, minlength=ratings.num_people))
    starts = np.concatenate(([0], stops[:-1]))
    features = np.zeros((ratings.num_people, content.shape[1]))
    for person in np.flatnonzero(stops > starts).tolist():
        cut = int(rng.integers(starts[person], stops[person])) + 1
        features[person] = average_watched(content, ratings.item[starts[person] : cut])
    gram = features.T @ features + config.leaning_shrinkage * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, features.T @ person_means)  # (D, C)
    return np.asarray(content @ weights, dtype=np.float32)


def centre_vectors(item_vectors: Array, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return unit vectors (V, D) less the mean that viewers see; index 0 is zero."""
    vectors = item_vectors.astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    centred: NDArray[np.float64] = vectors - (counts @ vectors) / counts.sum()
    centred[0] = 0.0
    return centred


def average_watched(
    content: NDArray[np.float64], watched: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return (D,) the mean over films `watched` (T,), oldest first, newer ones weighing more."""
    age = np.arange(len(watched) - 1, -1, -1, dtype=np.float64)
    weight = (1 + age / FIRST_AGE_SCALE) ** -FIRST_AGE_POWER
    total = float(weight.sum()) + FIRST_WATCHED_SHRINKAGE
    return np.asarray(weight @ content[watched] / total, dtype=np.float64)
