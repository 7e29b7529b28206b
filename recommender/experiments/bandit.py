"""A contextual bandit over rows: Thompson sampling, and its evaluation by replay. Pure numpy.

Each (context, row) has a Beta posterior of being clicked when it comes first. The row whose draw is
highest goes first (Thompson 1933; Chapelle & Li 2011, algorithm 2). Evidence is bounded, so that a
row that people have grown tired of is given up in days, not months.
"""

from __future__ import annotations  # else np.random, two megabytes, would be loaded for a hint

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

PRIOR_ALPHA = 1.0
PRIOR_BETA = 9.0
MAX_EVIDENCE = 1_000.0

_PHONE_MARK, _TABLET_MARKS = "Mobi", ("iPad", "Tablet", "Android")
_PARTS_OF_DAY = ((6, "night"), (12, "morning"), (18, "afternoon"), (24, "evening"))


@dataclass(frozen=True, slots=True)
class Belief:
    """Beta(alpha, beta) of the share of clicks."""

    alpha: float = PRIOR_ALPHA
    beta: float = PRIOR_BETA

    def learn(self, *, clicks: float, passes: float) -> Belief:
        """Return the belief after so many clicks and so many that did not click.

        Where there is more evidence than 1,000 decisions, all of it is scaled down to that.
        """
        alpha, beta = self.alpha + clicks, self.beta + passes
        scale = min(1.0, MAX_EVIDENCE / (alpha + beta))
        return Belief(alpha * scale, beta * scale)

    @property
    def mean(self) -> float:
        """The expected share of clicks."""
        return self.alpha / (self.alpha + self.beta)


def read_context(*, hour: int, user_agent: str) -> str:
    """Return the part of the day (hour 0 to 23) and the kind of device, as "evening/phone"."""
    part = next(name for end, name in _PARTS_OF_DAY if hour < end)
    return f"{part}/{_read_device(user_agent)}"


def _read_device(user_agent: str) -> str:
    if _PHONE_MARK in user_agent and "iPad" not in user_agent:
        return "phone"
    return "tablet" if any(mark in user_agent for mark in _TABLET_MARKS) else "desktop"


def choose_row(
    candidates: Sequence[str], beliefs: Mapping[str, Belief], *, rng: np.random.Generator
) -> str:
    """Return the candidate whose draw from its belief is highest; unknown ones have the prior."""
    known = [beliefs.get(row, Belief()) for row in candidates]
    draws = rng.beta([b.alpha for b in known], [b.beta for b in known])
    return candidates[int(np.argmax(draws))]


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision made uniformly at random, and whether the row that came first was clicked.

    Decisions with the same number were made for the same person.
    """

    context: str
    candidates: tuple[str, ...]
    chosen: str
    is_clicked: bool
    person: int = 0


class Policy(Protocol):
    """What chooses a row and may learn from what came of it."""

    def choose(self, context: str, candidates: Sequence[str]) -> str:
        """Return the row to put first."""

    def learn(self, context: str, row: str, *, is_clicked: bool) -> None:
        """Take note of what came of a choice."""


@dataclass
class ThompsonPolicy:
    """The bandit as it is served, learning at once."""

    rng: np.random.Generator
    beliefs: dict[tuple[str, str], Belief] = field(default_factory=dict)

    def choose(self, context: str, candidates: Sequence[str]) -> str:
        """Return the row whose draw is highest."""
        known = {row: self.beliefs.get((context, row), Belief()) for row in candidates}
        return choose_row(candidates, known, rng=self.rng)

    def learn(self, context: str, row: str, *, is_clicked: bool) -> None:
        """Count one decision."""
        belief = self.beliefs.get((context, row), Belief())
        self.beliefs[context, row] = belief.learn(clicks=is_clicked, passes=not is_clicked)


@dataclass(frozen=True)
class FixedPolicy:
    """Always the first candidate of an order; rows it does not name come last."""

    order: tuple[str, ...]

    def choose(self, context: str, candidates: Sequence[str]) -> str:  # noqa: ARG002
        """Return the first candidate of the order."""
        places = {row: place for place, row in enumerate(self.order)}
        return min(candidates, key=lambda row: places.get(row, len(places)))

    def learn(self, context: str, row: str, *, is_clicked: bool) -> None:
        """Learn nothing."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a policy would have got: clicks among the logged decisions it agreed with."""

    logged: int
    matched: int
    clicks: int

    @property
    def click_rate(self) -> float | None:
        """Clicks a matched decision; None where nothing matched."""
        return self.clicks / self.matched if self.matched else None


def replay(policy: Policy, log: Iterable[LoggedDecision]) -> ReplayResult:
    """Evaluate a policy on a log of uniformly random decisions.

    Each decision is put to the policy; where it chooses as the log did, the outcome counts and the
    policy learns from it, else the decision is passed over. Unbiased where the log is random
    (Li, Chu, Langford & Wang 2011, algorithm 2).
    """
    logged = matched = clicks = 0
    for decision in log:
        logged += 1
        if policy.choose(decision.context, decision.candidates) != decision.chosen:
            continue
        matched += 1
        clicks += decision.is_clicked
        policy.learn(decision.context, decision.chosen, is_clicked=decision.is_clicked)
    return ReplayResult(logged, matched, clicks)
