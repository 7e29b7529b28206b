"""Means over people, shares and verdicts, worked out by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.freshness.__main__ import write_again
from tests.freshness.figures import (
    bootstrap_ratio,
    describe_all,
    describe_change,
    describe_group,
    judge,
    mean_by_person,
)
from tests.freshness.picture import draw
from tests.freshness.report import format_report
from tests.freshness.results import WindowResult, load_result, save_result

Columns = dict[str, NDArray[Any]]


def make_columns(frozen: float, tuned: float, retrained: float, *, people: int = 50) -> Columns:
    """Two questions a person; everybody's figures are alike but for a little noise."""
    person = np.repeat(np.arange(people), 2)
    noise = np.random.default_rng(0).normal(0, 0.001, len(person))
    models = {"frozen": frozen, "fine-tuned": tuned, "retrained": retrained}
    return {
        "person": person,
        "step": np.ones(len(person), dtype=np.int64),
        "was_trained_on": person % 2 == 0,
        "is_new_film": np.arange(len(person)) % 2 == 0,
        **{
            f"{name} {metric}": value + noise * (name == "retrained")
            for name, value in models.items()
            for metric in ("ndcg@10", "hit@10")
        },
    }


def make_result(*, year: int = 2012, tuned: float = 0.14, old_tuned: float = 0.2) -> WindowResult:
    cost = {"seconds": 10.0, "cpu_seconds": 5.0}
    step = {
        "ratings": 100,
        "questions": 100,
        "status": "published",
        "job": cost,
        "training": {"steps": 7, "new_films": 3, "guardrail": {"base": 0.1, "finetuned": 0.11}},
        "retrain": {"seconds": 100.0, "cpu_seconds": 50.0},
    }
    return WindowResult(
        year=year,
        asked=make_columns(0.1, tuned, 0.15),
        old=make_columns(0.2, old_tuned, 0.2),
        record={"steps": [step], "base": cost},
    )


def test_each_person_counts_once_however_often_asked() -> None:
    person = np.array([3, 3, 3, 9])
    means = mean_by_person(person, np.array([1.0, 0.0, 0.5, 1.0]))
    assert means.tolist() == [0.5, 1.0]


def test_ratio_is_of_the_means_with_an_interval_around_it() -> None:
    rng = np.random.default_rng(1)
    below = rng.normal(1.0, 0.2, 300)
    ratio, low, high = bootstrap_ratio(below * 0.5 + rng.normal(0, 0.1, 300), below) or (0, 0, 0)
    assert ratio == pytest.approx(0.5, abs=0.03)
    assert low < ratio < high
    assert high - low < 0.1


def test_ratio_to_nothing_is_none() -> None:
    assert bootstrap_ratio(np.ones(5), np.zeros(5)) is None


def test_share_is_what_finetuning_gains_of_the_retrains_gain() -> None:
    found = describe_group(make_columns(0.1, 0.14, 0.15)) or {}
    assert (found["people"], found["questions"]) == (50, 100)
    assert found["ndcg@10"]["share"][0] == pytest.approx(0.8, abs=0.01)
    assert found["ndcg@10"]["gain_retrained"][0] == pytest.approx(0.05, abs=0.001)


def test_share_is_not_claimed_where_the_retrain_gains_nothing_sure() -> None:
    found = describe_group(make_columns(0.1, 0.14, 0.1)) or {}
    assert found["ndcg@10"]["share"] is None


def test_group_without_questions_has_no_figures() -> None:
    empty = {name: values[:0] for name, values in make_columns(0.1, 0.1, 0.1).items()}
    assert describe_group(empty) is None
    assert describe_change(empty) is None


def test_change_of_old_users_is_relative_to_frozen() -> None:
    found = describe_change(make_columns(0.2, 0.19, 0.2)) or {}
    assert found["change"] == pytest.approx([-0.05, -0.05, -0.05])


@pytest.mark.parametrize(
    ("tuned", "old_tuned", "expected"),
    [
        (0.145, 0.2, [True, True, True, True]),
        (0.13, 0.199, [True, False, True, True]),
        (0.11, 0.19, [False, False, True, False]),
    ],
)
def test_verdicts_follow_the_bounds(tuned: float, old_tuned: float, expected: list[bool]) -> None:
    figures = describe_all([make_result(tuned=tuned, old_tuned=old_tuned)])
    half, four_fifths, *old = expected
    groups = len(figures["pooled"]) + 1  # and one cut-off
    holds = [one["holds"] for one in judge(figures)]
    assert holds == [half] * groups + [four_fifths] * groups + old


def test_what_an_interval_holds_both_of_is_not_shown() -> None:
    figures = describe_all([make_result()])
    new = figures["pooled"]["films new since T"]["ndcg@10"]
    ended = figures["old_users"]["histories ended before T"]
    verdicts = {}
    for low, high in ((0.43, 1.16), (0.51, 1.16), (0.2, 0.49)):
        new["share"] = [(low + high) / 2, low, high]
        ended["change"] = [low - 0.45, low - 0.5, low - 0.4]
        judged = {one["text"]: one["holds"] for one in judge(figures)}
        verdicts[low] = (
            judged["films new since T: fine-tuning recovers at least half of the retrain's gain"],
            judged["old users (histories ended before T) lose at most 1 %"],
        )
    assert verdicts == {0.43: (None, None), 0.51: (True, True), 0.2: (False, False)}


def test_share_of_a_gain_that_is_not_sure_is_not_judged() -> None:
    figures = describe_all([make_result()])
    for group in (*figures["pooled"].values(), *figures["windows"]):
        group["ndcg@10"]["share"] = None
    judged = [one for one in judge(figures) if "recovers" in one["text"]]
    assert len(judged) == len(figures["pooled"])
    assert all(one["holds"] is one["value"] is None for one in judged)


def test_person_of_two_windows_counts_once_in_the_pool() -> None:
    figures = describe_all([make_result(year=2012), make_result(year=2015)])
    everyone = figures["pooled"]["all questions"]
    assert (everyone["people"], everyone["questions"]) == (50, 200)
    assert figures["seconds"]["cpu_seconds"]["ratio_of_sums"] == pytest.approx(0.1)


def test_result_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "windows" / "one.npz"
    assert load_result(path) is None
    save_result(path, make_result())
    found = load_result(path)
    assert found is not None
    assert describe_all([found]) == describe_all([make_result()])
    path.write_bytes(path.read_bytes()[:100])
    assert load_result(path) is None


def test_report_and_picture_tell_claims_and_verdicts(tmp_path: Path) -> None:
    about = {
        "date": "2026-01-01",
        "command": "make freshness",
        "config": "tiny",
        "months": 3,
        "people": 50,
        "ratings": 100,
        "max_seconds": 60,
    }
    report = {"about": about, **describe_all([make_result(tuned=0.11)])}
    page = format_report(report, picture="freshness.png")
    assert (
        "- NO: all questions: fine-tuning recovers at least half of the retrain's gain: 2" in page
    )
    assert "| 2012-01-01 | 1 | 100 | 100 | published | 7 | 3 | 0.1000 → 0.1100 |" in page
    draw(tmp_path / "freshness.png", report)
    assert (tmp_path / "freshness.png").stat().st_size > 1000


def test_earlier_report_is_judged_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "freshness.json"
    about = dict.fromkeys(("date", "command", "config", "months", "max_seconds"), "")
    report = {"about": about | {"people": 1, "ratings": 1}, **describe_all([make_result()])}
    path.write_text(json.dumps(report | {"verdicts": {}}), encoding="utf-8")
    assert write_again(path) == json.loads(path.read_text(encoding="utf-8")) == report
    page = (tmp_path / "freshness.md").read_text(encoding="utf-8")
    assert page == format_report(report, picture="freshness.png")
