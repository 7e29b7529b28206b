"""The bandit over rows: its choices, what it learns, and its evaluation by replay."""

import numpy as np
import pytest

from recommender.experiments.bandit import (
    MAX_EVIDENCE,
    Belief,
    FixedPolicy,
    LoggedDecision,
    ThompsonPolicy,
    choose_row,
    read_context,
    replay,
)

ROWS = ("because", "genre", "top")


def make_log(people: int, rates: dict[str, float], *, seed: int) -> list[LoggedDecision]:
    rng = np.random.default_rng(seed)
    log = []
    for _ in range(people):
        chosen = ROWS[int(rng.integers(3))]
        clicked = bool(rng.random() < rates[chosen])
        log.append(LoggedDecision("evening/phone", ROWS, chosen, clicked))
    return log


@pytest.mark.parametrize(
    ("hour", "agent", "context"),
    [
        (0, "Mozilla/5.0 (X11; Linux x86_64)", "night/desktop"),
        (6, "Mozilla/5.0 (iPhone) Mobile", "morning/phone"),
        (12, "Mozilla/5.0 (iPad) Mobile", "afternoon/tablet"),
        (23, "Mozilla/5.0 (Linux; Android 14; Pixel) Mobile", "evening/phone"),
        (17, "Mozilla/5.0 (Linux; Android 14; Tab)", "afternoon/tablet"),
        (18, "", "evening/desktop"),
    ],
)
def test_context_is_the_part_of_the_day_and_the_device(hour: int, agent: str, context: str) -> None:
    assert read_context(hour=hour, user_agent=agent) == context


def test_belief_counts_clicks_and_passes() -> None:
    assert Belief(1, 9).learn(clicks=3, passes=7) == Belief(4, 16)
    assert Belief(4, 16).mean == 0.2


def test_evidence_is_bounded_so_that_old_habits_can_be_unlearnt() -> None:
    settled = Belief().learn(clicks=50_000, passes=50_000)
    assert settled.alpha + settled.beta == pytest.approx(MAX_EVIDENCE)
    assert settled.learn(clicks=0, passes=1_000).mean < 0.3


def test_same_seed_chooses_the_same_rows() -> None:
    beliefs = {"top": Belief(5, 15), "genre": Belief(3, 17)}
    first = [choose_row(ROWS, beliefs, rng=np.random.default_rng(n)) for n in range(50)]
    assert first == [choose_row(ROWS, beliefs, rng=np.random.default_rng(n)) for n in range(50)]
    assert len(set(first)) > 1


def test_clearly_best_row_is_chosen_nearly_always() -> None:
    beliefs = {"top": Belief(300, 700), "genre": Belief(50, 950), "because": Belief(40, 960)}
    rng = np.random.default_rng(0)
    assert {choose_row(ROWS, beliefs, rng=rng) for _ in range(300)} == {"top"}


def test_replay_by_hand() -> None:
    # A policy that always puts "top" first agrees with decisions 1, 3 and 5 of five, and two of
    # those three were clicked: 2/3, whatever happened in the others.
    log = [
        LoggedDecision("c", ROWS, "top", True),
        LoggedDecision("c", ROWS, "genre", True),
        LoggedDecision("c", ROWS, "top", False),
        LoggedDecision("c", ROWS, "because", True),
        LoggedDecision("c", ("genre", "top"), "top", True),
    ]
    result = replay(FixedPolicy(("top",)), log)
    assert (result.logged, result.matched, result.clicks) == (5, 3, 2)
    assert result.click_rate == pytest.approx(2 / 3)
    assert replay(FixedPolicy(("top",)), []).click_rate is None


def test_fixed_policy_falls_back_in_its_order() -> None:
    policy = FixedPolicy(("top", "because"))
    assert policy.choose("c", ("genre", "because")) == "because"
    assert policy.choose("c", ("genre",)) == "genre"


def test_replay_estimates_a_fixed_policy_without_bias() -> None:
    log = make_log(6000, {"top": 0.3, "genre": 0.1, "because": 0.2}, seed=1)
    rate = replay(FixedPolicy(("top",)), log).click_rate
    assert rate == pytest.approx(0.3, abs=0.03)


def test_thompson_sampling_beats_chance_on_replay_and_learns_by_context() -> None:
    evening = make_log(4000, {"top": 0.3, "genre": 0.05, "because": 0.05}, seed=2)
    morning = [
        LoggedDecision("morning/phone", d.candidates, d.chosen, d.is_clicked)
        for d in make_log(4000, {"top": 0.05, "genre": 0.3, "because": 0.05}, seed=3)
    ]
    log = [decision for pair in zip(evening, morning, strict=True) for decision in pair]
    policy = ThompsonPolicy(np.random.default_rng(0))
    rate = replay(policy, log).click_rate
    chance = sum(decision.is_clicked for decision in log) / len(log)
    assert rate is not None
    assert rate > 1.6 * chance
    best = {
        context: max(ROWS, key=lambda row: policy.beliefs[context, row].mean)
        for context in ("evening/phone", "morning/phone")
    }
    assert best == {"evening/phone": "top", "morning/phone": "genre"}
