"""What policies of rows would have got, with intervals: replay on a log made at random.

The interval is a bootstrap over people, each draw replayed from the start, so that it holds what
the policy's own learning and drawing add (Mary, Preux & Nicol 2014, without their jitter).
"""

from __future__ import annotations  # else np.random, two megabytes, would be loaded for a hint

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.experiments.bandit import (
    FixedPolicy,
    LoggedDecision,
    Policy,
    ThompsonPolicy,
    replay,
)

DESIGNED = ("top", "popular", "because", "genre")
UNIFORM = "uniform (as logged)"
# A policy that draws is replayed so often on the log as it is.
REPLAYS = 20
DRAWS = 200
LEVEL = 0.95

Bounds = tuple[float, float]
# (matched, clicks) by policy.
Counts = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy would have got of `logged` decisions: means over its replays, and bounds.

    `difference` is its click rate minus that of choosing at random, which itself has none. None
    too where nothing matched.
    """

    logged: int
    matched: float
    clicks: float
    click_rate: float | None
    bounds: Bounds | None
    difference: float | None
    difference_bounds: Bounds | None


def make_policies(seed: int) -> dict[str, Policy]:
    """Return the policies that are compared with chance, by name."""
    return {
        "as designed": FixedPolicy(DESIGNED),
        "thompson": ThompsonPolicy(np.random.default_rng(seed)),
    }


def estimate_policies(
    log: Sequence[LoggedDecision],
    *,
    seed: int = 0,
    draws: int = DRAWS,
    make: Callable[[int], dict[str, Policy]] = make_policies,
) -> dict[str, Estimate]:
    """Return what each policy would have got, and what chance got; `log` is in order of time."""
    rng = np.random.default_rng(seed)
    whole = _count(log, [make(int(rng.integers(2**32))) for _ in range(REPLAYS)])
    resampled = [
        _count(_resample(log, rng), [make(int(rng.integers(2**32)))]) for _ in range(draws)
    ]
    return {name: _estimate(name, whole, resampled) for name in whole}


def _count(log: Sequence[LoggedDecision], rounds: Sequence[dict[str, Policy]]) -> Counts:
    """Return (matched, clicks) of each policy, means over the rounds, and of chance."""
    totals: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for policies in rounds:
        for name, policy in policies.items():
            result, (matched, clicks) = replay(policy, log), totals[name]
            totals[name] = (matched + result.matched, clicks + result.clicks)
    counts = {
        name: (matched / len(rounds), clicks / len(rounds))
        for name, (matched, clicks) in totals.items()
    }
    return counts | {UNIFORM: (float(len(log)), float(sum(one.is_clicked for one in log)))}


def _resample(log: Sequence[LoggedDecision], rng: np.random.Generator) -> list[LoggedDecision]:
    """Return the decisions of as many people as there are, drawn with replacement, in order."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, decision in enumerate(log):
        places[decision.person].append(place)
    people = list(places.values())
    drawn = (people[index] for index in rng.integers(len(people), size=len(people)))
    return [log[place] for place in sorted(place for person in drawn for place in person)]


def _rate(counts: tuple[float, float]) -> float | None:
    matched, clicks = counts
    return clicks / matched if matched else None


def _estimate(name: str, whole: Counts, resampled: Sequence[Counts]) -> Estimate:
    rate, gain = _rate(whole[name]), _compare(name, whole)
    rates = [found for drawn in resampled if (found := _rate(drawn[name])) is not None]
    gains = [found for drawn in resampled if (found := _compare(name, drawn)) is not None]
    return Estimate(
        logged=round(whole[UNIFORM][0]),
        matched=whole[name][0],
        clicks=whole[name][1],
        click_rate=rate,
        bounds=_find_bounds(rates) if rates else None,
        difference=gain,
        difference_bounds=_find_bounds(gains) if gains else None,
    )


def _compare(name: str, counts: Counts) -> float | None:
    ours, theirs = _rate(counts[name]), _rate(counts[UNIFORM])
    return None if name == UNIFORM or ours is None or theirs is None else ours - theirs


def _find_bounds(values: Sequence[float]) -> Bounds:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
