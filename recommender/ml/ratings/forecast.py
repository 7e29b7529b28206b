"""Predicted stars as a distribution over the stars people can give, and the normal behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STARS = np.arange(1, 11, dtype=np.float32) / 2
LIKED = STARS >= 4.0

Array = NDArray[np.float32]


@dataclass(frozen=True)
class StarForecast:
    """Predicted stars of N films: `expected` (N,) and the `probabilities` (N, 10) of 0.5 to 5.0.

    `expected` is the middle of the normal that was put on the scale, which was seen to come nearer
    than the mean of what was put there. `stretch` says how many standard deviations an interval of
    each level reaches to either side.
    """

    expected: Array
    probabilities: Array
    stretch: dict[float, float]

    @property
    def deviation(self) -> Array:
        """Return the standard deviation (N,) of the probabilities, in stars."""
        mean = self.probabilities @ STARS
        second = self.probabilities @ np.square(STARS)
        return np.sqrt(np.maximum(second - np.square(mean), 1e-6)).astype(np.float32)

    @property
    def probability_of_liking(self) -> Array:
        """Return the probability (N,) of four stars or more."""
        return np.asarray(self.probabilities[:, LIKED].sum(axis=1), dtype=np.float32)

    def interval(self, level: float = 0.8) -> tuple[Array, Array]:
        """Return (low, high), each (N,), within 0.5..5.0: the stars given lie inside so often.

        Raises:
            KeyError: The head was not calibrated for this level.
        """
        reach = self.deviation * self.stretch[level]
        low, high = self.expected - reach, self.expected + reach
        return np.clip(low, 0.5, 5.0), np.clip(high, 0.5, 5.0)


def cell_masses(edges: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (N, S) the mass of a standard normal between `edges` (N, S - 1), rising."""
    below = normal_cdf(edges)
    ends = np.zeros((len(below), 1))
    return np.diff(below, axis=1, prepend=ends, append=ends + 1)


def normal_cdf(z: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return P(Z <= z) of a standard normal, to 1e-7 (Abramowitz & Stegun 1964, 26.2.17)."""
    size = np.abs(np.asarray(z, dtype=np.float64))
    t = 1 / (1 + 0.2316419 * size)
    series = t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    tail = np.exp(-np.square(size) / 2) * 0.3989422804014327 * series
    return np.asarray(np.where(z > 0, 1 - tail, tail), dtype=np.float64)
