"""How sure a mean over people is, and a difference of two: bootstrap over people.

The intervals speak for other people of the same kind, not for other runs of a training: what seeds
do is shown as a spread beside them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.ml.evaluation import Evaluation

BOOTSTRAP_SAMPLES = 2000
SEED = 0


def metric_intervals(evaluation: Evaluation) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of the mean of every metric."""
    return {name: bootstrap_interval(values) for name, values in evaluation.per_person.items()}


def bootstrap_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean over people drawn with replacement."""
    low, high = np.quantile(_resample_means(values), [0.025, 0.975])
    return float(low), float(high)


def _resample_means(values: NDArray[np.float64]) -> NDArray[np.float32]:
    sums = _resample_counts(len(values)) @ values.astype(np.float32)
    return np.asarray(sums / len(values))


@lru_cache(maxsize=4)
def _resample_counts(num_people: int) -> NDArray[np.float32]:
    """Return (2000, U) float32: how often each person was drawn; rows sum to U.

    The draws are the same for every metric and every model of a split.
    """
    rng = np.random.default_rng(SEED)
    counts = np.empty((BOOTSTRAP_SAMPLES, num_people), dtype=np.float32)
    for row in counts:
        drawn = rng.integers(0, num_people, size=num_people)
        row[:] = np.bincount(drawn, minlength=num_people)
    return counts


def paired_difference(
    better: Evaluation, worse: Evaluation, metric: str
) -> tuple[float, float, float]:
    """Return (mean, low, high): by how much `better` beats `worse`, 95 %, the same people drawn.

    Raises:
        ValueError: The two were not asked the same.
    """
    _check_same_split(better, worse)
    difference = better.per_person[metric] - worse.per_person[metric]
    low, high = bootstrap_interval(difference)
    return float(difference.mean()), low, high


def relative_lead(
    better: Evaluation, worse: Evaluation, metric: str
) -> tuple[float, float, float] | None:
    """Return (lead, low, high): by which part of it `better` lies above `worse`, 0.2 for 20 %.

    The 95 % interval is of the ratio of both means over the same people drawn. None where `worse`
    is 0 for everybody, or for all that some draw holds.

    Raises:
        ValueError: The two were not asked the same.
    """
    _check_same_split(better, worse)
    ours, theirs = better.per_person[metric], worse.per_person[metric]
    below = _resample_means(theirs)
    if not below.all():
        return None
    ratios = _resample_means(ours) / below
    low, high = np.quantile(ratios - 1.0, [0.025, 0.975])
    return float(ours.mean() / theirs.mean() - 1.0), float(low), float(high)


def _check_same_split(one: Evaluation, other: Evaluation) -> None:
    if one.split.split_hash != other.split.split_hash:
        msg = f"{one.model} and {other.model} were evaluated on different splits"
        raise ValueError(msg)
