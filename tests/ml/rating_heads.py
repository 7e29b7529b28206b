"""Small rating heads and made-up raters for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.ratings.inference import RatingHead

NUM_FILMS = 40
WHOLE_CUTS = np.arange(1.5, 5, dtype=np.float32)
HALF_CUTS = np.arange(0.75, 5, 0.5, dtype=np.float32)


def plain_head(**changes: Any) -> RatingHead:
    """Return a head of four films that knows biases alone, so that results can be computed by hand.

    Films 10, 20, 30 and 40 lie 0, +1, -1 and +0.5 stars from the mean 3.5; a person's generosity
    has variance 0.25 and a rating's noise 1.
    """
    values: dict[str, Any] = {
        "movie_ids": np.array([0, 10, 20, 30, 40], dtype=np.int64),
        "mean": 3.5,
        "bias": np.array([0, 0, 1, -1, 0.5], dtype=np.float32),
        "loadings": np.full((5, 1), 0.5, dtype=np.float32),
        "noise": np.ones(5, dtype=np.float32),
        "doubt": np.zeros(5, dtype=np.float32),
        "leaning": np.zeros((5, 1), dtype=np.float32),
        "watched_shrinkage": 1.0,
        "age_power": 0.0,
        "age_scale": 20.0,
        "spread_weight": 1e9,
        "noise_scale": 1.0,
        "whole_cuts": WHOLE_CUTS,
        "half_cuts": HALF_CUTS,
        "half_share": 0.25,
        "whole_rate": 0.5,
        "stretch": np.tile(np.array([[0.67], [1.28], [1.64]], dtype=np.float32), (1, 4)),
        "record": {"made_by": "hand"},
    }
    return RatingHead(**{**values, **changes})


def taste_ratings(num_people: int = 120, *, seed: int = 0) -> Interactions:
    """Return people of two tastes: each loves the even films and not the odd, or the other way."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(12, NUM_FILMS - 5, size=num_people)
    films = [rng.permutation(NUM_FILMS)[:length] + 1 for length in lengths]
    stars = []
    for seen in films:
        side = 1 if rng.random() < 0.5 else -1
        even = np.where(seen % 2 == 0, 1, -1)
        raw = 3.2 + 0.5 * rng.normal() + 1.1 * side * even + 0.5 * rng.normal(size=len(seen))
        stars.append(np.clip(np.round(raw * 2) / 2, 0.5, 5.0))
    person = np.repeat(np.arange(num_people, dtype=np.int32), lengths)
    return Interactions(
        person=person,
        movie_id=np.concatenate(films).astype(np.int32) * 10,
        rating=np.concatenate(stars).astype(np.float32),
        timestamp=np.arange(len(person), dtype=np.int64),
        person_keys=[("tastes", number) for number in range(num_people)],
    )


def taste_vocabulary() -> Vocabulary:
    """Return the films of `taste_ratings`: ids 10, 20 … 400."""
    return Vocabulary(np.arange(NUM_FILMS + 1, dtype=np.int64) * 10)


def taste_vectors() -> NDArray[np.float32]:
    """Return item vectors (V, 4) of which the first coordinate tells even films from odd ones."""
    vectors = np.random.default_rng(0).normal(0, 0.1, (NUM_FILMS + 1, 4)).astype(np.float32)
    vectors[:, 0] += np.where(np.arange(NUM_FILMS + 1) % 2 == 0, 1, -1)
    return vectors


def films(*indices: int) -> NDArray[np.int64]:
    """Return film indices as a head takes them."""
    return np.array(indices, dtype=np.int64)


def stars(*given: float) -> NDArray[np.float32]:
    """Return stars as a head takes them."""
    return np.array(given, dtype=np.float32)
