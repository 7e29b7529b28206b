"""Vectors kept as halves are read as what they were, all at once, some, or their lengths alone."""

import numpy as np
import pytest

from recommender.ml.stored_vectors import StoredVectors


@pytest.mark.parametrize("is_scaled", [False, True])
def test_rows_and_lengths_are_those_of_all_vectors(is_scaled: bool) -> None:
    rng = np.random.default_rng(0)
    halves = rng.normal(size=(9000, 6)).astype(np.float16)
    halves[0] = 0.0
    scale = rng.uniform(0.5, 2.0, 9000).astype(np.float32) if is_scaled else None
    exact = halves.astype(np.float32)
    if scale is not None:
        exact *= scale[:, None]
    stored = StoredVectors(halves, scale)
    np.testing.assert_array_equal(stored.read_all(), exact)
    np.testing.assert_array_equal(stored.read(np.array([3, 8999])), exact[[3, 8999]])
    np.testing.assert_array_equal(stored.read(5), exact[5])
    norms = stored.measure_norms()
    assert norms.dtype == np.float32
    np.testing.assert_allclose(norms, np.linalg.norm(exact, axis=1), rtol=1e-6)
