"""The model that ships: small, whole, honest about itself, and it sees four well-known tastes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.checkpoint import load_model
from recommender.ml.commands.personas import read_movies
from recommender.ml.inference import InferenceModel
from recommender.ml.personas import PERSONAS, Persona, ask_persona

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "recommender" / "artifacts" / "shipped"
MOVIES = ROOT / "catalog" / "demo" / "ml-latest-small" / "movies.csv"


@pytest.fixture(scope="module")
def model() -> InferenceModel:
    return InferenceModel.load(SHIPPED)


def test_it_takes_at_most_15_megabytes() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 15_000_000


def test_weights_and_served_files_are_one_model(model: InferenceModel) -> None:
    saved = load_model(SHIPPED / "model.pt")
    np.testing.assert_array_equal(saved.movie_ids, model.movie_ids)
    np.testing.assert_array_equal(saved.popularity, model.popularity)
    assert saved.record == model.card
    vectors = saved.model.output_vectors().detach().numpy()
    np.testing.assert_allclose(model.item_vectors[1:], vectors, rtol=1e-3, atol=1e-3)


def test_its_card_says_where_it_comes_from(model: InferenceModel) -> None:
    card = model.card
    assert "non-commercial" in card["use"].lower()
    assert "NDCG@10" in card["early_stopping_metric"]
    assert "never trained on" in card["held_out_rule"]
    assert set(card["data"]) == {
        "ml-1m",
        "ml-latest-2023",
        "ml-latest-small-2018",
        "ml-latest-small-2016",
    }
    best = max(card["epochs"], key=lambda row: row["ndcg_at_10"])
    assert best["ndcg_at_10"] == card["validation"]["ndcg_at_10"]
    assert " /" not in card["command"], "the command names no path of one machine"


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_it_sees_a_taste(model: InferenceModel, persona: Persona) -> None:
    result = ask_persona(model, persona, read_movies(MOVIES))
    assert result.failures == []
    assert any(suggestion.because_of for suggestion in result.suggestions)


def test_personas_command_shows_films_scores_reasons_and_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["personas", str(SHIPPED), "--movies", str(MOVIES)]) == 0
    out = capsys.readouterr().out
    assert out.endswith("4 of 4 cases passed\n")
    assert out.count("because you watched") >= 4
    assert out.count(" ms") == 4
    assert "Matrix, The (1999)" in out


def test_personas_command_fails_when_a_case_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_genres = "movieId,title,genres\n1,Toy Story (1995),(no genres listed)\n"
    (tmp_path / "movies.csv").write_text(no_genres)
    assert main(["personas", str(SHIPPED), "--movies", str(tmp_path / "movies.csv")]) == 1
    assert "FAILED: 0 of 10 are Sci-Fi" in capsys.readouterr().out


def test_loading_it_reports_nothing_to_others() -> None:
    """With nowhere to keep its identifier onnxruntime's telemetry complains, where it is on."""
    code = (
        "import sys; from pathlib import Path; "
        "from recommender.ml.inference import InferenceModel; "
        "InferenceModel.load(Path(sys.argv[1]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, SHIPPED],
        env={"PATH": os.defpath, "HOME": "/proc/none"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "telemetry" not in found.stderr
