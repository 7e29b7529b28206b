"""What policies of rows would have got: means over replays, and intervals over people."""

import numpy as np
import pytest

from recommender.experiments.bandit import LoggedDecision
from recommender.experiments.replaying import UNIFORM, estimate_policies

ROWS = ("genre", "top")


def make_log(
    people: int, rates: dict[str, float], *, pages: int = 1, seed: int = 0
) -> list[LoggedDecision]:
    """Return random decisions of people who do on each of their pages what they do on one."""
    rng = np.random.default_rng(seed)
    log = []
    for person in range(people):
        chosen = ROWS[int(rng.integers(2))]
        is_clicked = bool(rng.random() < rates[chosen])
        log += [LoggedDecision("evening/phone", ROWS, chosen, is_clicked, person)] * pages
    return log


def test_fixed_policy_and_chance_by_hand() -> None:
    # "top" was first on three of five pages, of which two were clicked; one of the others was.
    chosen = [("top", True), ("genre", True), ("top", False), ("genre", False), ("top", True)]
    log = [
        LoggedDecision("c", ROWS, row, is_clicked, person)
        for person, (row, is_clicked) in enumerate(chosen)
    ]
    found = estimate_policies(log, draws=20)
    designed, chance = found["as designed"], found[UNIFORM]
    assert (designed.logged, designed.matched, designed.clicks) == (5, 3, 2)
    assert designed.click_rate == pytest.approx(2 / 3)
    assert designed.difference == pytest.approx(2 / 3 - 3 / 5)
    assert (chance.matched, chance.clicks, chance.click_rate) == (5, 3, 3 / 5)
    assert (chance.difference, chance.difference_bounds) == (None, None)


def test_thompson_surely_beats_chance_where_one_row_is_far_better() -> None:
    found = estimate_policies(make_log(1500, {"top": 0.05, "genre": 0.4}), draws=60)
    thompson = found["thompson"]
    assert thompson.difference is not None
    assert thompson.difference_bounds is not None
    low, high = thompson.difference_bounds
    assert 0.05 < low < thompson.difference < high
    # What always puts the worse row first is surely worse than chance.
    worse = found["as designed"].difference_bounds
    assert worse is not None
    assert worse[1] < 0


def test_nothing_is_claimed_where_rows_are_alike() -> None:
    bounds = estimate_policies(make_log(600, {"top": 0.2, "genre": 0.2}), draws=60)
    found = bounds["thompson"].difference_bounds
    assert found is not None
    assert found[0] < 0 < found[1]


def test_pages_of_one_person_do_not_count_as_many_people() -> None:
    rates = {"top": 0.3, "genre": 0.3}
    once, often = (
        estimate_policies(make_log(80, rates, pages=pages), draws=100)[UNIFORM].bounds
        for pages in (1, 5)
    )
    assert once is not None
    assert often is not None
    assert often[1] - often[0] == pytest.approx(once[1] - once[0], rel=0.3)


def test_same_seed_gives_the_same_estimates() -> None:
    log = make_log(50, {"top": 0.1, "genre": 0.3})
    assert estimate_policies(log, seed=4, draws=10) == estimate_policies(log, seed=4, draws=10)


def test_policy_that_never_agrees_with_the_log_has_no_rate() -> None:
    log = [LoggedDecision("c", ROWS, "genre", True, person) for person in range(3)]
    found = estimate_policies(log, draws=5)["as designed"]
    assert (found.matched, found.click_rate, found.bounds, found.difference) == (
        0,
        None,
        None,
        None,
    )
