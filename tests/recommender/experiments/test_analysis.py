"""The statistics of experiments, checked against numbers computed by hand."""

import math

import numpy as np
import pytest

from recommender.experiments.analysis import (
    ArmCounts,
    Difference,
    analyse,
    estimate_ratio,
    find_always_valid_interval,
    find_difference,
    find_fixed_interval,
    find_mismatch,
    find_rate_interval,
    judge_guardrail,
)
from recommender.experiments.tables import draw_differences, format_report


def counts(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def make_arm(
    name: str = "control",
    *,
    impressions: np.ndarray,
    clicks: np.ndarray,
    hidden: np.ndarray | None = None,
    assigned: int | None = None,
    share: int = 50,
) -> ArmCounts:
    nothing = np.zeros_like(impressions)
    return ArmCounts(
        name=name,
        is_control=name == "control",
        share=share,
        assigned=len(impressions) if assigned is None else assigned,
        impressions=impressions,
        clicks=clicks,
        accepted=nothing,
        hidden=nothing if hidden is None else hidden,
        distinct_films=5,
    )


def test_ratio_and_its_clustered_variance_by_hand() -> None:
    # Rate (1 + 3) / (10 + 10) = 0.2; residuals 1 - 2 and 3 - 2; 2 / 1 * (1 + 1) / 20^2 = 0.01.
    assert estimate_ratio(counts(1, 3), counts(10, 10)) == pytest.approx((0.2, 0.01))
    # Unequal numbers shown: rate 6 / 30; residuals 2 - 2 and 4 - 4: no spread between people.
    assert estimate_ratio(counts(2, 4), counts(10, 20)) == pytest.approx((0.2, 0.0))


def test_ratio_of_nothing_and_of_one_person() -> None:
    assert all(math.isnan(value) for value in estimate_ratio(counts(), counts()))
    rate, variance = estimate_ratio(counts(1), counts(4))
    assert rate == 0.25
    assert math.isnan(variance)


def test_wilson_interval_at_the_effective_number_by_hand() -> None:
    # Variance 0.01 of a rate of 0.2 is worth 0.16 / 0.01 = 16 impressions, not 20.
    # Wilson, z = 1.959964: centre (0.2 + z^2/32) / (1 + z^2/16), half width by the formula.
    z, n, rate = 1.959963985, 16.0, 0.2
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    found = find_rate_interval(counts(1, 3), counts(10, 10))
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.07274, 0.44342), abs=1e-5)


def test_interval_where_nobody_clicked_is_as_wide_as_the_people_are_few() -> None:
    few = find_rate_interval(counts(0, 0), counts(100, 100))
    many = find_rate_interval(np.zeros(400, np.int64), np.full(400, 100))
    assert (few.value, few.low) == (0.0, 0.0)
    assert few.high > 0.5
    assert many.high < 0.01
    nothing = find_rate_interval(counts(), counts())
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_clustered_interval_is_wider_than_that_of_independent_impressions() -> None:
    # Half the people click everything, half nothing: 50 people say as much as 50 impressions.
    clicks = np.tile(counts(20, 0), 25)
    found = find_rate_interval(clicks, np.full(50, 20))
    assert found.high - found.low > 0.25


def test_fixed_horizon_interval_by_hand() -> None:
    found = find_fixed_interval(0.05, 0.0001)
    assert (found.low, found.high) == pytest.approx((0.05 - 0.0195996, 0.05 + 0.0195996), abs=1e-6)


def test_always_valid_interval_by_hand() -> None:
    # V = tau^2 = 0.0001: 2 V * 2 * (ln 20 + ln 2 / 2) = 0.0004 * 3.342306 -> width 0.036564.
    found = find_always_valid_interval(0.0, 0.0001, spread=0.01)
    assert found.high == pytest.approx(0.0365639, abs=1e-6)
    assert found.low == -found.high


def test_always_valid_interval_survives_being_looked_at_daily() -> None:
    rng = np.random.default_rng(3)
    outside_always = outside_fixed = 0
    for _ in range(300):
        noise = rng.normal(0, 0.5, size=2000).cumsum()
        for n in range(50, 2001, 50):
            variance = 0.25 / n
            mean = float(noise[n - 1] / n)
            always = find_always_valid_interval(mean, variance)
            if not always.low <= 0 <= always.high:
                outside_always += 1
                break
        outside_fixed += any(
            abs(noise[n - 1] / n) > 1.96 * math.sqrt(0.25 / n) for n in range(50, 2001, 50)
        )
    assert outside_always <= 15
    assert outside_fixed > 60


def is_clear(difference: Difference) -> bool:
    """Return whether the always-valid interval leaves zero out."""
    return difference.always_valid.low > 0 or difference.always_valid.high < 0


def test_difference_adds_the_variances_of_both_arms() -> None:
    control = make_arm(impressions=counts(10, 10), clicks=counts(1, 3))
    other = make_arm("other", impressions=counts(10, 10), clicks=counts(5, 7))
    found = find_difference("click rate", other, control)
    assert found.fixed_horizon.value == pytest.approx(0.4)
    assert found.fixed_horizon.high == pytest.approx(0.4 + 1.959964 * math.sqrt(0.02))
    assert not is_clear(found)


def test_arms_in_which_nothing_happened_yet_are_not_surely_alike() -> None:
    nothing = np.zeros(20, np.int64)
    arms = [
        make_arm(name, impressions=np.full(20, 10), clicks=nothing) for name in ("control", "other")
    ]
    found = find_difference("hide rate", arms[1], arms[0])
    assert found.fixed_horizon.value == 0
    assert found.fixed_horizon.high > 0.05
    assert judge_guardrail(found, margin=0.01) == "open"


def test_mismatch_of_the_sample_ratio_by_hand() -> None:
    # Expected 500 each, got 460 and 540: chi-square 1600/500 * 2 = 6.4, p = 0.01141.
    two = [
        make_arm(impressions=counts(1), clicks=counts(0), assigned=460),
        make_arm("other", impressions=counts(1), clicks=counts(0), assigned=540),
    ]
    assert find_mismatch(two) == pytest.approx(0.011412, abs=1e-5)
    uneven = [
        make_arm(impressions=counts(1), clicks=counts(0), assigned=900, share=90),
        make_arm("other", impressions=counts(1), clicks=counts(0), assigned=100, share=10),
    ]
    assert find_mismatch(uneven) == pytest.approx(1.0)


def test_report_warns_of_a_mismatch_and_of_too_few_people() -> None:
    arms = [
        make_arm(impressions=np.full(400, 10), clicks=np.zeros(400, np.int64)),
        make_arm("other", impressions=np.full(600, 10), clicks=np.zeros(600, np.int64)),
    ]
    found = analyse(arms, catalogue_size=50, hide_margin=0.01, min_subjects=500, crossovers=2)
    assert found.mismatch_p < 0.001
    assert "mismatch" in found.warnings[0]
    assert "Fewer than 500 people in: control." in found.warnings[1]
    assert "2 people saw two arms" in found.warnings[2]
    assert found.arms[0].coverage == 0.1


@pytest.mark.parametrize(
    ("hidden_of_ten", "verdict"), [(4, "broken"), (0, "kept")], ids=["hides more", "hides none"]
)
def test_guardrail_is_judged_by_the_always_valid_interval(hidden_of_ten: int, verdict: str) -> None:
    rng = np.random.default_rng(1)
    people = 2000
    shown = np.full(people, 10)
    arms = [
        make_arm(impressions=shown, clicks=shown * 0, hidden=rng.binomial(10, 0.01, people)),
        make_arm(
            "other",
            impressions=shown,
            clicks=shown * 0,
            hidden=rng.binomial(10, 0.01 + hidden_of_ten / 100, people),
        ),
    ]
    found = analyse(arms, catalogue_size=50, hide_margin=0.01, min_subjects=1)
    assert found.guardrail == {"other": verdict}
    assert found.is_guardrail_broken == (verdict == "broken")


def test_guardrail_stays_open_while_little_is_known() -> None:
    control = make_arm(impressions=counts(10, 10), clicks=counts(0, 0), hidden=counts(0, 1))
    other = make_arm("other", impressions=counts(10, 10), clicks=counts(0, 0), hidden=counts(2, 1))
    assert judge_guardrail(find_difference("hide rate", other, control), margin=0.01) == "open"


def test_two_arms_alike_show_no_difference_and_a_better_one_does() -> None:
    rng = np.random.default_rng(7)
    shown = np.full(3000, 10)
    taste = rng.beta(2, 18, 3000)  # people differ
    arms = [
        make_arm(name, impressions=shown, clicks=rng.binomial(10, taste * lift))
        for name, lift in (("control", 1.0), ("same", 1.0), ("better", 1.5))
    ]
    found = analyse(arms, catalogue_size=50, hide_margin=0.01, min_subjects=1)
    clear = {d.arm: is_clear(d) for d in found.differences if d.metric == "click rate"}
    assert clear == {"same": False, "better": True}


def test_empty_experiment_is_reported_and_drawn() -> None:
    nobody = np.zeros(0, np.int64)
    arms = [make_arm(name, impressions=nobody, clicks=nobody) for name in ("control", "other")]
    found = analyse(arms, catalogue_size=0, hide_margin=0.01, min_subjects=1).as_dict()
    report = found | {"experiment": "x", "status": "running", "hide_margin": 0.01}
    assert "| other | click rate | – | – | – |" in format_report(report)
    assert draw_differences(report).startswith("<svg")


def test_names_are_escaped_in_the_drawing() -> None:
    arms = [
        make_arm(name, impressions=counts(10, 10, 5), clicks=counts(1, 2, 0))
        for name in ("control", "<b>")
    ]
    found = analyse(arms, catalogue_size=9, hide_margin=0.01, min_subjects=1).as_dict()
    drawing = draw_differences(found)
    assert "&lt;b&gt;: click rate" in drawing
    assert "<b>" not in drawing
