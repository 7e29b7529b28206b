"""`train`: from rating files to a model directory that serves, in one command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.code_version import describe_code
from recommender.ml.config import load_config, parse_config
from recommender.ml.inference import InferenceModel
from tests.ml.tiny_data import random_rows, write_csv_set
from tests.ml.tiny_models import CONFIGS

TINY = str(CONFIGS / "tiny.toml")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return write_csv_set(tmp_path / "a set", random_rows(60, 30))


def test_training_writes_a_model_that_serves(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my model"
    assert main(["train", TINY, "--data", str(data_dir), "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "card.json",
        "items.npz",
        "model.onnx",
        "model.pt",
        "occlusion.onnx",
        "rating.npz",
        "training.png",
    ]
    assert (out / "training.png").stat().st_size < 60_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a set", "my model"]
    model = InferenceModel.load(out)
    assert np.isfinite(model.encode([np.array([1, 2])])).all()
    assert "validation Hit@10" in capsys.readouterr().out


def test_the_card_says_what_was_done(tmp_path: Path, data_dir: Path) -> None:
    out = tmp_path / "model"
    main(["train", TINY, "--data", str(data_dir), "--out", str(out), "--device", "cpu"])
    card = json.loads((out / "card.json").read_text())
    assert card["name"] == "tiny"
    assert card["command"].startswith("python -m recommender.ml train ")
    assert str(tmp_path) not in json.dumps(card["command"].partition("--data")[2])
    assert "NDCG@10" in card["early_stopping_metric"]
    assert "non-commercial" in card["use"].lower()
    assert [row["epoch"] for row in card["epochs"]] == [1, 2]
    assert {"train_loss", "validation_loss", "hit_at_10", "ndcg_at_10", "minutes"} < set(
        card["epochs"][0]
    )
    people = {part: counts["people"] for part, counts in card["data"]["a set"].items()}
    assert set(people) == {"train", "validation", "held_out"}
    assert sum(people.values()) == 60
    assert {part: row["people"] for part, row in card["people"].items()} == people
    assert len({row["hash"] for row in card["people"].values()}) == 3
    assert card["epochs"][1]["total_minutes"] >= card["epochs"][0]["minutes"]
    assert (card["seed"], card["precision"], card["processes"]) == (0, "float32", 1)
    assert card["stopped_by"] == "epochs"
    assert "torch" in card["versions"]
    assert {key: card[key] for key in ("commit", "dirty")} == describe_code()
    names = {"data": "data_options", "rating": "rating_options"}
    sections = ("model", "loss", "initialisation", "training", *names)
    told = {section: card[names.get(section, section)] for section in sections}
    assert parse_config("tiny", told, source="card") == load_config(Path(TINY))


def test_training_again_into_the_same_folder_replaces_the_model(
    tmp_path: Path, data_dir: Path
) -> None:
    arguments = ["train", TINY, "--data", str(data_dir), "--out", str(tmp_path / "model")]
    assert main(arguments) == 0
    first = np.load(tmp_path / "model" / "items.npz")["item_vectors"]
    assert main(arguments) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "model" / "items.npz")["item_vectors"], first)


def test_a_folder_of_something_else_is_refused_before_training(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", TINY, "--data", str(data_dir), "--out", str(data_dir)]) == 2
    assert "is no model directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model]\nembeding_dim = 8\n", "[model] embeding_dim is not an option"),
        ("[network]\n", "[network] is not one of"),
        ("[model]\nnum_heads = 3\n", "embedding_dim must be a multiple of num_heads"),
        ('[model]\nnum_heads = "4"\n', "num_heads must be int"),
        ('[model]\nnorm = "both"\n', "norm must be one of post, pre"),
        ("[model]\nrelative_time_bias = 1\n", "relative_time_bias must be bool"),
        (
            '[model]\nblock = "gru"\nrelative_time_bias = true\n',
            "relative_time_bias must be false",
        ),
        ("[model\n", "is not TOML"),
    ],
)
def test_a_wrong_config_is_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "c.toml").write_text(text)
    config = str(tmp_path / "c.toml")
    assert main(["train", config, "--data", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    error = capsys.readouterr().err
    assert "c.toml: " in error
    assert said in error
    assert len(error.splitlines()) == 1


def test_an_empty_data_folder_is_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    out = str(tmp_path / "o")
    assert main(["train", TINY, "--data", str(tmp_path / "empty"), "--out", out]) == 2
    error = capsys.readouterr().err
    assert "empty: holds none of" in error
    assert "unpack a MovieLens set there" in error
    assert not (tmp_path / "o").exists()


def test_too_few_people_are_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv_set(tmp_path / "one", [(1, 1, 4, 10), (1, 4, 4, 20)])
    assert main(["train", TINY, "--data", str(data), "--out", str(tmp_path / "o")]) == 2
    assert "too few" in capsys.readouterr().err


def test_people_with_one_rating_each_are_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv_set(tmp_path / "ones", [(user, 1, 4, 10) for user in range(1, 61)])
    assert main(["train", TINY, "--data", str(data), "--out", str(tmp_path / "o")]) == 2
    assert "nobody to train on has two ratings; give a larger data set" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["paper", "shipped", "demo", "tiny"])
def test_every_config_names_its_command_data_date_and_device(name: str) -> None:
    header = (CONFIGS / f"{name}.toml").read_text(encoding="utf-8").partition("\n[")[0]
    for word in ("Command:", "Data:", "Date:", "Device:"):
        assert word in header
