"""Questions: what may be trained on for each, and what its note says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.datasets import Interactions
from recommender.ml.protocols import pose_question
from tests.ml.tiny_data import random_rows, write_csv_set

NETWORK = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"
CONFIG = f"""
report = "later"
protocol = "temporal"
fraction = 0.2
compare_to = "network"
models = [
    {{ model = "popularity" }},
    {{ model = "recent-popularity" }},
    {{ model = "ease" }},
    {{ model = "{NETWORK}", label = "network" }},
    {{ model = "{NETWORK}", label = "network, times", "model.time_features" = true, own = true }},
]
"""


def eleven_ratings() -> Interactions:
    """Return eleven ratings, a second apart but for the last, of ten people; one has two."""
    return Interactions(
        person=np.array([*range(10), 9], dtype=np.int32),
        movie_id=np.array([1] * 8 + [2, 1, 3], dtype=np.int32),
        rating=np.full(11, 4.0, dtype=np.float32),
        timestamp=np.array([*range(10**9, 10**9 + 10), 10**9 + 20], dtype=np.int64),
        person_keys=[("tiny", number) for number in range(10)],
    )


@pytest.mark.parametrize(("fraction", "trained"), [(0.1, 9), (0.5, 5)])
def test_temporal_question_leaves_a_part_of_the_ratings_after_its_cut_off(
    fraction: float, trained: int
) -> None:
    question = pose_question(eleven_ratings(), protocol="temporal", fraction=fraction)
    assert len(question.train) == trained
    assert question.train.timestamp.max() == 10**9 + trained - 1


def test_temporal_note_tells_the_day_and_how_many_films_nobody_could_know() -> None:
    question = pose_question(eleven_ratings(), protocol="temporal")
    assert [targets.tolist() for targets in question.split.targets] == [[3]]
    assert "before 2001-09-09" in question.note
    assert "100% of these films had no rating before" in question.note


def test_compare_asks_baselines_and_networks_about_what_came_after_one_cut_off(
    tmp_path: Path,
) -> None:
    sets = [
        write_csv_set(tmp_path / name, random_rows(80, 40, seed=seed))
        for seed, name in enumerate(("first-set", "second-set"))
    ]
    (tmp_path / "later.toml").write_text(CONFIG)
    words = ["compare", str(tmp_path / "later.toml"), "--data", *map(str, sets)]
    command = [*words, "--out", str(tmp_path), "--results", str(tmp_path / "store")]
    assert main(command) == 0
    report = json.loads((tmp_path / "later.json").read_text())
    tables = report["data_sets"]
    assert list(tables) == ["all sets together", "first-set", "second-set"]
    labels = ["popularity", "recent-popularity", "ease", "network", "network, times"]
    for table in tables.values():
        assert list(table["models"]) == labels
        assert table["runner_up"]["hit@10"]["label"] in labels[:3]
    ratings = sum(len(random_rows(80, 40, seed=seed)) for seed in (0, 1))
    assert report["trained_on"]["ratings"] == pytest.approx(0.8 * ratings, abs=2)
    assert report["protocol"] == "temporal"
    assert report["note"] in (tmp_path / "later.md").read_text()
