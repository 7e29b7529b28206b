"""What a report says of a comparison: leads, runners-up, heights, doubts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.ml.evaluation import Catalogue, Evaluation
from recommender.ml.lab.comparison import Comparison
from recommender.ml.lab.comparison_config import ComparisonConfig, Height, ModelEntry
from recommender.ml.lab.comparison_report import describe_comparison, minutes_to_near_best
from recommender.ml.lab.plots import draw_comparison
from recommender.ml.lab.question_config import QuestionConfig
from recommender.ml.lab.report import comparison_lines, write_json
from recommender.ml.lab.seeded_answers import SeededAnswers
from recommender.ml.protocols import Question
from recommender.ml.splits import EvaluationSplit, leave_one_out
from tests.ml.tiny_data import interactions_of

PEOPLE = interactions_of([[1, 2, 3]] * 20)
SPLIT = leave_one_out(PEOPLE)
METRICS = (
    *("hit@5", "hit@10", "hit@20", "ndcg@5", "ndcg@10", "mrr", "diversity@10", "novelty@10"),
)
RUN_FACTS = {"command": "a command", "date": "a day", "device": "a machine"}


def answer(value: float, split: EvaluationSplit = SPLIT) -> Evaluation:
    """Return the answers of a model that scores everybody the same in every metric."""
    people = len(split)
    return Evaluation(
        model="m",
        split=split,
        per_person={name: np.full(people, value) for name in METRICS},
        ranks=[np.array([1])] * people,
        top=np.array([[1, 2]] * people),
        coverage=0.5,
    )


def comparison(values: dict[str, float], **options: Any) -> Comparison:
    own = options.pop("own", ())
    doubts = options.pop("doubts", {})
    entries = tuple(
        ModelEntry(
            label=label, model="popularity" if label == "popular" else "ease", is_own=label in own
        )
        for label in values
    )
    config = ComparisonConfig(
        name="c",
        title="C",
        question=QuestionConfig(),
        data_sets=(),
        compare_to="ours",
        models=entries,
        **options,
    )
    answers = {label: SeededAnswers((None,), (answer(value),)) for label, value in values.items()}
    return Comparison(
        config=config,
        question=Question(PEOPLE, SPLIT, "a note"),
        catalogue=Catalogue.build(PEOPLE, {}),
        asked={"tiny": answers},
        shuffled={"tiny": answers},
        records={label: [{"minutes": 2.0, "parameters": 7}] for label in values},
        doubts=doubts,
    )


def table_of(found: Comparison) -> dict[str, Any]:
    table: dict[str, Any] = describe_comparison(found)["data_sets"]["tiny"]
    return table


def test_training_tells_how_soon_each_fit_was_near_its_best() -> None:
    rows = [(0.1, 1.0, 1.0), (0.196, 1.5, 2.5), (0.2, 1.0, 3.5), (0.15, 1.0, 4.5)]
    network = [{"ndcg_at_10": n, "minutes": m, "total_minutes": t} for n, m, t in rows]
    baseline = [{"ndcg_at_10": n, "minutes": t} for n, _, t in rows]
    assert minutes_to_near_best({"epoch_table": network}) == 2.5
    assert minutes_to_near_best({"epoch_table": baseline}) == 2.5
    assert minutes_to_near_best({"minutes": 3.0}) is None
    found = comparison({"base": 0.2, "ours": 0.5})
    found.records["ours"][:] = [{"minutes": 5.0, "epoch_table": network}, {"minutes": 4.0}]
    report = {**describe_comparison(found), **RUN_FACTS}
    assert report["models"]["ours"]["training"]["minutes_to_near_best"] == 2.5
    page = "\n".join(comparison_lines(report))
    assert "| model | seeds | CPU minutes | to 98 % |" in page
    assert "| ours | own | 4.50 | 2.50 |" in page
    assert "| base | own | 2.00 |  |" in page


def test_runner_up_is_the_best_other_model_that_is_no_own_one_and_beyond_doubt() -> None:
    values = {"popular": 0.1, "rival": 0.4, "ours": 0.5, "sibling": 0.45, "cheat": 0.9}
    table = table_of(comparison(values, own=("sibling",), doubts={"cheat": "it saw them"}))
    runner_up = table["runner_up"]["hit@10"]
    assert runner_up["label"] == "rival"
    assert runner_up["lead"] == pytest.approx([0.1, 0.1, 0.1])
    assert runner_up["relative_lead"] == pytest.approx([0.25, 0.25, 0.25])


def test_behind_and_relative_leads_are_of_each_row() -> None:
    table = table_of(comparison({"base": 0.2, "ours": 0.5}, relative_to="base"))
    rows = table["models"]
    assert rows["base"]["behind"]["ndcg@10"] == pytest.approx([0.3, 0.3, 0.3])
    assert rows["ours"]["behind"] == rows["base"]["over_relative_to"] == {}
    assert rows["ours"]["over_relative_to"]["ndcg@10"] == pytest.approx([1.5, 1.5, 1.5])


@pytest.mark.parametrize(
    ("rival", "ours", "must_met", "aim_met"),
    [
        (0.2, 0.6, True, True),
        (0.2, 0.4, True, False),
        (0.2, 0.3, False, False),
        (0.6, 0.6, False, True),
    ],
)
def test_height_is_met_by_the_figure_and_a_sure_lead(
    rival: float, ours: float, must_met: bool, aim_met: bool
) -> None:
    heights = (Height("tiny", "hit@10", 0.4, 0.5), Height("elsewhere", "hit@10", 0.0, None))
    table = table_of(comparison({"rival": rival, "ours": ours}, heights=heights))
    [height] = table["heights"]
    assert height["reached"] == pytest.approx(ours)
    assert (height["must_met"], height["aim_met"]) == (must_met, aim_met)


@pytest.mark.parametrize(
    ("base", "ours", "reached", "must_met"),
    [(0.2, 0.5, 2.5, True), (0.2, 0.3, 1.5, False), (0.0, 0.5, None, False)],
)
def test_height_over_another_model_is_a_number_of_times(
    base: float, ours: float, reached: float | None, must_met: bool
) -> None:
    heights = (Height("tiny", "hit@10", 2.0, 3.0, over="base"),)
    found = comparison({"base": base, "ours": ours}, heights=heights)
    [height] = table_of(found)["heights"]
    assert height["reached"] == (None if reached is None else pytest.approx(reached))
    assert (height["must_met"], height["aim_met"]) == (must_met, False)
    text = "\n".join(comparison_lines({**describe_comparison(found), **RUN_FACTS}))
    told = "unknown" if reached is None else f"{reached:.2f} [{reached:.2f}, {reached:.2f}] times"
    assert f"Hit@10 of ours: {told}" in text


def test_height_is_never_met_by_a_model_that_saw_the_targets() -> None:
    heights = (Height("tiny", "hit@10", 0.4, 0.5),)
    found = comparison({"rival": 0.1, "ours": 0.9}, heights=heights, doubts={"ours": "it saw them"})
    [height] = table_of(found)["heights"]
    assert (height["must_met"], height["aim_met"]) == (False, False)


def test_markdown_says_what_the_figures_say(tmp_path: Path) -> None:
    values = {"popular": 0.1, "rival": 0.4, "ours": 0.5, "cheat": 0.9}
    found = comparison(
        values,
        relative_to="rival",
        minutes=30.0,
        heights=(Height("tiny", "hit@10", 0.4, 0.6),),
        doubts={"cheat": "it saw the targets"},
    )
    report = {**describe_comparison(found), **RUN_FACTS}
    draw_comparison(tmp_path, "c", report)
    text = "\n".join(comparison_lines(report))
    assert "**cheat ⚠ is no fair rival here: it saw the targets.**" in text
    assert "| rival | 0.400 [0.400, 0.400] | 4.0 |" in text
    assert "| ours | 0.500 [0.500, 0.500] | 5.0 |" in text
    assert "+25.0% [+25.0%, +25.0%]" in text
    assert "the runner-up is rival; ours leads it by +0.100 [+0.100, +0.100]" in text
    assert "must 0.4, surely ahead of the runner-up: met; aim 0.6: not reached" in text
    assert "had 30 CPU minutes each at most" in text
    assert "| ours | own | 2.00 |  |  |  | 7 |  |" in text
    for picture in ("c-tiny.png", "c-tiny-lengths.png"):
        assert f"]({picture})" in text
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_same_figures_draw_the_same_picture(tmp_path: Path) -> None:
    pictures = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        report = describe_comparison(comparison({"rival": 0.4, "ours": 0.5}))
        draw_comparison(folder, "c", report)
        pictures.append((folder / "c-tiny.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_json_lists_who_was_asked_in_one_line(tmp_path: Path) -> None:
    report = describe_comparison(comparison({"rival": 0.4, "ours": 0.5}))
    report["title"] = "[ not\n a, list ]"
    write_json(tmp_path / "c.json", report)
    text = (tmp_path / "c.json").read_text()
    assert json.loads(text) == json.loads(json.dumps(report))
    assert f'"tiny": [{", ".join(map(str, range(1, 21)))}]' in text
