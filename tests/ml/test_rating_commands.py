"""`fit-ratings`, `evaluate-ratings` and the last stage of `train`, on real files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.config import parse_config
from recommender.ml.errors import ConfigError
from recommender.ml.finetuning import fine_tune
from recommender.ml.inference import ArtifactError, InferenceModel
from recommender.ml.ratings.inference import RATING_FILE, RatingHead
from tests.ml.rating_heads import taste_ratings
from tests.ml.tiny_data import write_csv_set
from tests.ml.tiny_models import CONFIGS, write_small_model


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 150 people with two tastes; its films are those of the small models."""
    tastes = taste_ratings(150)
    rows = zip(
        (tastes.person + 1).tolist(),
        tastes.movie_id.tolist(),
        tastes.rating.tolist(),
        tastes.timestamp.tolist(),
        strict=True,
    )
    return write_csv_set(tmp_path_factory.mktemp("data") / "tastes", rows)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A small model of an older kind, taught to predict stars."""
    directory = tmp_path_factory.mktemp("models") / "small"
    write_small_model(directory)
    assert InferenceModel.load(directory).rating_head is None
    assert main(["fit-ratings", str(directory), "--data", str(data)]) == 0
    return directory


def test_fitting_adds_one_file_and_leaves_the_others(model: Path) -> None:
    names = sorted(path.name for path in model.iterdir())
    graphs = ["model.onnx", "model.pt", "occlusion.onnx"]
    assert names == ["card.json", "items.npz", *graphs, RATING_FILE]
    loaded = InferenceModel.load(model)
    assert loaded.rating_head is not None
    np.testing.assert_array_equal(loaded.rating_head.movie_ids, loaded.movie_ids)
    assert loaded.rating_head.record["calibration_people"] > 20


def test_model_with_a_broken_head_is_refused(model: Path, tmp_path: Path) -> None:
    write_small_model(tmp_path / "broken")
    (tmp_path / "broken" / RATING_FILE).write_bytes((model / RATING_FILE).read_bytes()[:500])
    with pytest.raises(ArtifactError, match=RATING_FILE):
        InferenceModel.load(tmp_path / "broken")


def test_data_without_its_films_is_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(user, movie, 3.0, 99 * user + movie) for user in range(1, 99) for movie in range(1, 9)]
    other = write_csv_set(tmp_path / "other", rows)
    before = (model / RATING_FILE).read_bytes()
    assert main(["fit-ratings", str(model), "--data", str(other)]) == 2
    assert "knows none of the films" in capsys.readouterr().err
    assert (model / RATING_FILE).read_bytes() == before


def test_evaluation_writes_tables_of_all_sets_and_lengths(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", str(tmp_path / "r.json"), "--markdown", str(tmp_path / "r.md")]
    assert main(["evaluate-ratings", str(model), "--data", str(data), *files]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert {"all", "tastes", "history cut to 0-4", "with 5-19 ratings before"} <= set(
        report["tables"]
    )
    rows = report["tables"]["all"]["rows"]
    assert rows["rating head"]["rmse"] < rows["global mean"]["rmse"]
    lead, low, high = report["tables"]["all"]["leads"]["global mean"]["rmse"]
    assert low <= lead <= high
    assert lead == pytest.approx(rows["rating head"]["rmse"] - rows["global mean"]["rmse"])
    assert set(rows["rating head"]["coverage"]) == {"50%", "80%", "90%"}
    assert "rating head" in capsys.readouterr().out
    text = (tmp_path / "r.md").read_text()
    assert "## history cut to 0-4" in text
    assert str(data.parent) not in text


def test_evaluation_without_a_head_says_what_to_do(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_small_model(tmp_path / "old")
    assert main(["evaluate-ratings", str(tmp_path / "old"), "--data", str(data)]) == 2
    assert "run fit-ratings" in capsys.readouterr().err


def test_training_ends_with_a_head_unless_told_not_to(data: Path, tmp_path: Path) -> None:
    text = (CONFIGS / "tiny.toml").read_text()
    for name, table in (("with", ""), ("without", "\n[rating]\nenabled = false\n")):
        (tmp_path / f"{name}.toml").write_text(text + table)
        arguments = ["train", str(tmp_path / f"{name}.toml"), "--data", str(data)]
        assert main([*arguments, "--out", str(tmp_path / name), "--device", "cpu"]) == 0
    assert RatingHead.load_beside(tmp_path / "with") is not None
    assert RatingHead.load_beside(tmp_path / "without") is None


def test_training_survives_when_stars_cannot_be_learnt(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = (CONFIGS / "tiny.toml").read_text() + "\n[rating]\ncalibration_share = 0.999999\n"
    (tmp_path / "odd.toml").write_text(config)
    arguments = ["train", str(tmp_path / "odd.toml"), "--data", str(data)]
    assert main([*arguments, "--out", str(tmp_path / "odd"), "--device", "cpu"]) == 0
    assert InferenceModel.load(tmp_path / "odd").rating_head is None
    assert "will predict no stars" in caplog.text


def test_exporting_anew_and_fine_tuning_keep_the_head(model: Path, tmp_path: Path) -> None:
    head = (model / RATING_FILE).read_bytes()
    assert main(["export", str(model), "--out", str(tmp_path / "again")]) == 0
    fine_tune(model, tmp_path / "tuned", histories=[], replay=[], max_seconds=1, seed=0)
    for name in ("again", "tuned"):
        assert (tmp_path / name / RATING_FILE).read_bytes() == head


def test_shipped_model_tells_a_friend_of_horror_from_one_of_musicals() -> None:
    shipped = CONFIGS.parent / "artifacts" / "shipped"
    head = RatingHead.load_beside(shipped)
    assert head is not None
    np.testing.assert_array_equal(head.movie_ids, InferenceModel.load(shipped).movie_ids)
    horror = [1258, 1214, 2288, 1219, 1997]  # The Shining, Alien, The Thing, Psycho, The Exorcist
    musicals = [1035, 899, 914, 1288, 588]  # The Sound of Music, Singin' in the Rain, …, Aladdin
    history = head.index_of(horror + musicals)
    given = np.array([5.0] * 5 + [1.5] * 5, dtype=np.float32)
    asked = head.index_of([1387, 1200, 1380, 594])  # Jaws, Aliens; Grease, Snow White
    fond = head.predict(history, given, asked)
    averse = head.predict(history, given[::-1], asked)
    assert (fond.expected[:2] > averse.expected[:2] + 0.3).all()
    assert (fond.expected[2:] < averse.expected[2:] - 0.3).all()
    low, high = fond.interval(0.8)
    assert (low < fond.expected).all()
    assert (high > fond.expected).all()


@pytest.mark.parametrize(
    "table", [{"num_factors": 0}, {"rounds": "many"}, {"colour": 1}, {"bias_shrinkage": 0.0}]
)
def test_impossible_options_are_named(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"\[rating\]"):
        parse_config("x", {"rating": table}, source="x.toml")
