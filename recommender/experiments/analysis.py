"""What an experiment shows: rates, their intervals, differences, and whether to believe them.

Pure numpy and statsmodels, no database. Impressions of one person are not independent, so every
interval here is clustered by person: the variance of a rate is that of a ratio of sums over people
(delta method; Deng, Knoblich & Lu 2018, section 3), and Wilson's interval is taken at the number of
independent impressions which that variance is worth.

Two kinds of interval stand beside each difference. The *fixed-horizon* one has its 95 % only if it
is read once, at an end decided beforehand. The *always-valid* one may be looked at any day (normal
mixture; Johari, Koomen, Pekelis & Walsh 2022, section 4, after Robbins 1970); it is wider.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
# Below this the split of people is not what was asked for, and nothing else can be believed.
MISMATCH_P = 0.001
# The spread of differences the always-valid interval is made for, two percentage points.
MIXTURE_SPREAD = 0.02

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ArmCounts:
    """What an arm's people were shown and did; arrays are (S,), one entry a person.

    `assigned` counts everybody who was shown the arm, also those left out of the arrays for having
    seen another arm too. `diversity` and `cache_hit_rate` are None where nothing is known.
    """

    name: str
    is_control: bool
    share: int
    assigned: int
    impressions: Counts
    clicks: Counts
    accepted: Counts
    hidden: Counts
    distinct_films: int
    diversity: float | None = None
    cache_hit_rate: float | None = None


@dataclass(frozen=True)
class Interval:
    """An estimate and its bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How an arm differs from the control, treatment minus control."""

    arm: str
    metric: str
    fixed_horizon: Interval
    always_valid: Interval


METRICS = {"click rate": "clicks", "acceptance": "accepted", "hide rate": "hidden"}


def estimate_ratio(events: Counts, impressions: Counts) -> tuple[float, float]:
    """Return events per impression and the variance of that estimate, clustered by person.

    For R = sum(y) / sum(n) over S people: Var(R) = S / (S - 1) * sum((y - R n)^2) / sum(n)^2.
    Both are nan where nothing was shown; the variance is where there is one person.
    """
    shown = float(impressions.sum())
    people = len(impressions)
    if not shown:
        return math.nan, math.nan
    rate = float(events.sum()) / shown
    if people < 2:
        return rate, math.nan
    residuals = events - rate * impressions
    return rate, float(people / (people - 1) * np.square(residuals).sum() / shown**2)


def find_rate_interval(events: Counts, impressions: Counts) -> Interval:
    """Return the rate with Wilson's interval at the effective number of impressions.

    The effective number is rate * (1 - rate) / variance, and the number of people where all of them
    did the same, for then the data say nothing of how they vary.
    """
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 - slow to import

    rate, variance = estimate_ratio(events, impressions)
    if math.isnan(rate):
        return Interval(rate, 0.0, 1.0)
    spread = rate * (1 - rate)
    is_known = spread > 0 and variance > 0
    effective = spread / variance if is_known else float(np.count_nonzero(impressions))
    effective = min(effective, float(impressions.sum()))
    low, high = proportion_confint(rate * effective, effective, alpha=1 - LEVEL, method="wilson")
    return Interval(rate, float(low), float(high))


def find_difference(metric: str, treatment: ArmCounts, control: ArmCounts) -> Difference:
    """Return treatment minus control of a metric, with both intervals."""
    field = METRICS[metric]
    ours, our_variance = _estimate_bounded(getattr(treatment, field), treatment.impressions)
    theirs, their_variance = _estimate_bounded(getattr(control, field), control.impressions)
    variance = our_variance + their_variance
    return Difference(
        arm=treatment.name,
        metric=metric,
        fixed_horizon=find_fixed_interval(ours - theirs, variance),
        always_valid=find_always_valid_interval(ours - theirs, variance),
    )


def _estimate_bounded(events: Counts, impressions: Counts) -> tuple[float, float]:
    """Return rate and variance, never none: where all did the same, Wilson's interval tells it.

    Otherwise two arms in which nobody did anything yet would differ by exactly nothing, for sure.
    """
    rate, variance = estimate_ratio(events, impressions)
    if variance == 0:
        bounds = find_rate_interval(events, impressions)
        variance = ((bounds.high - bounds.low) / 2 / _find_quantile()) ** 2
    return rate, variance


def _find_quantile() -> float:
    from scipy.stats import norm  # noqa: PLC0415 - slow to import

    return float(norm.ppf(0.5 + LEVEL / 2))


def find_fixed_interval(difference: float, variance: float) -> Interval:
    """Return the normal interval of a difference: 95 % if it is read once."""
    width = _find_quantile() * math.sqrt(variance)
    return Interval(difference, difference - width, difference + width)


def find_always_valid_interval(
    difference: float, variance: float, *, spread: float = MIXTURE_SPREAD
) -> Interval:
    """Return the interval that holds at all times at once with 95 %.

    From the mixture likelihood ratio of N(0, spread^2): with V the variance and a = 5 %,
    width^2 = 2 V (V + spread^2) / spread^2 * (ln(1 / a) + ln(1 + spread^2 / V) / 2).
    """
    if not variance > 0:
        return Interval(difference, math.nan, math.nan)
    tau = spread**2
    weight = math.log(1 / (1 - LEVEL)) + 0.5 * math.log1p(tau / variance)
    width = math.sqrt(2 * variance * (variance + tau) / tau * weight)
    return Interval(difference, difference - width, difference + width)


def find_mismatch(arms: Sequence[ArmCounts]) -> float:
    """Return the p-value of the people assigned against the shares asked for (chi-square)."""
    from scipy.stats import chisquare  # noqa: PLC0415 - slow to import

    assigned = np.array([arm.assigned for arm in arms], dtype=np.float64)
    if not assigned.sum():
        return 1.0
    shares = np.array([arm.share for arm in arms], dtype=np.float64)
    return float(chisquare(assigned, assigned.sum() * shares / shares.sum()).pvalue)


def judge_guardrail(difference: Difference, *, margin: float) -> str:
    """Return "kept" or "broken" once the always-valid interval lies on one side, else "open"."""
    bounds = difference.always_valid
    if bounds.low > margin:
        return "broken"
    return "kept" if bounds.high < margin else "open"


@dataclass(frozen=True)
class ArmResult:
    """An arm's figures; coverage is the share of the catalogue shown to anybody.

    `diversity` is 1 - mean pairwise cosine of genres within a list, `cache_hit_rate` the share of
    answers found in the cache.
    """

    name: str
    is_control: bool
    people: int
    impressions: int
    rates: dict[str, Interval]
    coverage: float
    diversity: float | None
    cache_hit_rate: float | None


@dataclass(frozen=True)
class Analysis:
    """Everything a report shows."""

    arms: list[ArmResult]
    differences: list[Difference]
    mismatch_p: float
    guardrail: dict[str, str]
    warnings: list[str]

    @property
    def is_guardrail_broken(self) -> bool:
        """Whether any arm surely hides more than the margin allows."""
        return "broken" in self.guardrail.values()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it: nan becomes null."""
        found: dict[str, Any] = _clean(asdict(self))
        return found | {"level": LEVEL, "is_guardrail_broken": self.is_guardrail_broken}


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def analyse(
    arms: Sequence[ArmCounts],
    *,
    catalogue_size: int,
    hide_margin: float,
    min_subjects: int,
    crossovers: int = 0,
) -> Analysis:
    """Return what the arms show; one of them is the control."""
    control = next(arm for arm in arms if arm.is_control)
    others = [arm for arm in arms if not arm.is_control]
    differences = [find_difference(metric, arm, control) for metric in METRICS for arm in others]
    mismatch = find_mismatch(arms)
    guardrail = {
        difference.arm: judge_guardrail(difference, margin=hide_margin)
        for difference in differences
        if difference.metric == "hide rate"
    }
    return Analysis(
        arms=[_summarise(arm, catalogue_size=catalogue_size) for arm in arms],
        differences=differences,
        mismatch_p=mismatch,
        guardrail=guardrail,
        warnings=_warn(arms, mismatch, guardrail, min_subjects=min_subjects, crossovers=crossovers),
    )


def _summarise(arm: ArmCounts, *, catalogue_size: int) -> ArmResult:
    return ArmResult(
        name=arm.name,
        is_control=arm.is_control,
        people=len(arm.impressions),
        impressions=int(arm.impressions.sum()),
        rates={
            metric: find_rate_interval(getattr(arm, field), arm.impressions)
            for metric, field in METRICS.items()
        },
        coverage=arm.distinct_films / catalogue_size if catalogue_size else 0.0,
        diversity=arm.diversity,
        cache_hit_rate=arm.cache_hit_rate,
    )


def _warn(
    arms: Sequence[ArmCounts],
    mismatch: float,
    guardrail: dict[str, str],
    *,
    min_subjects: int,
    crossovers: int,
) -> list[str]:
    warnings = []
    if mismatch < MISMATCH_P:
        warnings.append(
            f"Sample-ratio mismatch (p = {mismatch:.2g}): people were not assigned as the "
            "shares say. Find out why before believing anything below."
        )
    small = [arm.name for arm in arms if len(arm.impressions) < min_subjects]
    if small:
        warnings.append(f"Fewer than {min_subjects} people in: {', '.join(small)}.")
    warnings += [
        f"Guardrail: people hide clearly more in {name}."
        for name, verdict in guardrail.items()
        if verdict == "broken"
    ]
    if crossovers:
        warnings.append(f"{crossovers} people saw two arms and are left out.")
    return warnings
