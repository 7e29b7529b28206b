"""Trained models, measured like baselines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.errors import ArtifactError
from recommender.ml.registry import RegistryError, load_trained
from tests.ml.tiny_data import random_rows, write_csv_set

CONFIG = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv_set(tmp_path_factory.mktemp("data") / "tiny-set", random_rows(150, 40))


@pytest.fixture(scope="module")
def model_directory(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "tiny-model"
    command = ["train", str(CONFIG), "--data", str(data), "--device", "cpu", "--out", str(out)]
    assert main(command) == 0
    return out


def test_empty_history_gets_popularity(model_directory: Path) -> None:
    model = load_trained(model_directory)
    empty = np.array([], dtype=np.int32)
    scores = model.score([empty, np.array([3, 4], dtype=np.int32), empty], None)
    assert scores.shape == (3, len(model.vocabulary))
    assert (scores[:, 0] == -np.inf).all()
    assert (scores[0] == scores[2]).all()
    assert not (scores[0] == scores[1]).all()


def test_model_directory_is_evaluated_by_its_path(
    data: Path, model_directory: Path, tmp_path: Path
) -> None:
    out = tmp_path / "figures.json"
    assert main(["evaluate", str(model_directory), "--data", str(data), "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert figures["people"] > 0
    assert 0.0 < figures["metrics"]["hit@20"] <= 1.0


def test_asking_people_a_model_was_trained_on_is_warned_of(
    data: Path, model_directory: Path, tmp_path: Path
) -> None:
    out = tmp_path / "figures.json"
    command = ["evaluate", str(model_directory), "--data", str(data), "--json", str(out)]
    assert main([*command, "--held-out", "targets"]) == 0
    assert "it saw the targets" in json.loads(out.read_text())["warning"]


@pytest.mark.parametrize(
    ("question", "doubt"),
    [
        ("protocol = 'temporal'", "it saw the future"),
        ("held_out = 'targets'", "it saw the targets"),
        ("fraction = 0.5", "trained on all but 10% of the people, and more are asked"),
        ("fraction = 0.1", None),
    ],
)
def test_model_that_may_know_its_targets_is_marked_in_the_table(
    data: Path,
    model_directory: Path,
    tmp_path: Path,
    question: str,
    doubt: str | None,
) -> None:
    config = tmp_path / "compare_doubt.toml"
    models = f"[{{ model = 'transitions' }}, {{ model = '{model_directory}', label = 'ours' }}]"
    config.write_text(f"report = 'doubt'\n{question}\nmodels = {models}")
    command = ["compare", str(config), "--data", str(data), "--out", str(tmp_path)]
    assert main([*command, "--results", str(tmp_path / "store")]) == 0
    report = json.loads((tmp_path / "doubt.json").read_text())
    markdown = (tmp_path / "doubt.md").read_text()
    runner_up = report["data_sets"]["tiny-set"]["runner_up"]["hit@10"]
    if doubt is None:
        assert report["models"]["ours"]["doubt"] is None
        assert "⚠" not in markdown
        assert runner_up["label"] == "ours"
    else:
        assert doubt in report["models"]["ours"]["doubt"]
        assert f"**ours ⚠ is no fair rival here: {report['models']['ours']['doubt']}.**" in markdown
        assert runner_up is None


def test_evaluating_a_model_on_its_future_says_so_beside_the_figures(
    data: Path, model_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(model_directory), "--data", str(data), "--protocol", "temporal"]
    assert main(command) == 0
    assert "NO FAIR FIGURE: it was trained on ratings after the" in capsys.readouterr().out


def test_model_and_baseline_share_one_table(
    data: Path, model_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "compare_both.toml"
    models = f"[{{ model = 'popularity' }}, {{ model = '{model_directory}', label = 'ours' }}]"
    config.write_text(f"report = 'both'\ncompare_to = 'ours'\nmodels = {models}")
    assert main(["compare", str(config), "--data", str(data), "--out", str(tmp_path)]) == 0
    report = (tmp_path / "both.md").read_text()
    assert "ours leads by (Hit@10)" in report
    assert "python -m recommender.ml train" in report


def test_missing_and_broken_model_directories_are_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="neither a model directory nor one of popularity"):
        load_trained(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match=r"card\.json"):
        load_trained(tmp_path)
