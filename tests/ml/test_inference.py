"""Serving: no torch, clear errors, and the contract of the arrays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.errors import ArtifactError
from recommender.ml.inference import InferenceModel
from tests.ml.tiny_models import NUM_ITEMS, movie_ids, write_small_model


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    write_small_model(tmp_path / "model")
    return tmp_path / "model"


def test_serving_never_imports_torch(model_dir: Path) -> None:
    code = (
        "import sys, pathlib, numpy\n"
        "from recommender.ml import explain, personas, ranking\n"
        "from recommender.ml.commands import recommend\n"
        "from recommender.ml.histories import History\n"
        "from recommender.ml.inference import InferenceModel\n"
        "model = InferenceModel.load(pathlib.Path(sys.argv[1]))\n"
        "explain.occlusion_drops(model, numpy.array([3, 5]), [7])\n"
        "ranking.rank_films(model, [History.of([30, 50])], k=3)\n"
        "assert 'torch' not in sys.modules and 'django' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(model_dir)], check=True, cwd=Path(__file__).parents[2]
    )


def test_unknown_movies_have_index_zero(model_dir: Path) -> None:
    model = InferenceModel.load(model_dir)
    found = model.index_of([10, 11, -5, 0, 400, 10**12])
    assert found.tolist() == [1, 0, 0, 0, 40, 0]
    assert found.dtype == np.int32


def test_only_the_last_films_are_read(model_dir: Path) -> None:
    model = InferenceModel.load(model_dir)
    long = np.random.default_rng(0).integers(1, NUM_ITEMS + 1, size=30)
    np.testing.assert_array_equal(model.encode([long]), model.encode([long[-12:]]))


def test_neighbours_in_a_batch_do_not_change_a_result(model_dir: Path) -> None:
    model = InferenceModel.load(model_dir)
    short, long = np.array([4, 9]), np.arange(1, 12)
    np.testing.assert_allclose(model.encode([short, long])[0], model.encode([short])[0], atol=1e-6)


def test_padding_never_scores(model_dir: Path) -> None:
    model = InferenceModel.load(model_dir)
    scores = model.scores(model.encode([np.array([4, 9])]))
    assert scores.shape == (1, NUM_ITEMS + 1)
    assert scores.dtype == np.float32
    assert np.isneginf(scores[0, 0])
    assert np.isfinite(scores[0, 1:]).all()


def test_arrays_follow_the_contract(model_dir: Path) -> None:
    model = InferenceModel.load(model_dir)
    np.testing.assert_array_equal(model.movie_ids, movie_ids())
    assert model.item_vectors.flags["C_CONTIGUOUS"]
    assert model.item_vectors.dtype == np.float32
    assert model.max_seq_len == 12


@pytest.mark.parametrize("sequence", [[], [3, 0, 4]])
def test_empty_and_unknown_films_are_not_encoded(model_dir: Path, sequence: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one film"):
        InferenceModel.load(model_dir).encode([np.array(sequence, dtype=np.int64)])


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nowhere: there is no such folder"):
        InferenceModel.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["card.json", "items.npz", "model.onnx"])
def test_missing_file_is_named(model_dir: Path, name: str) -> None:
    (model_dir / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        InferenceModel.load(model_dir)


@pytest.mark.parametrize("name", ["card.json", "items.npz", "model.onnx"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.97])
def test_truncated_file_is_an_artifact_error(model_dir: Path, name: str, kept: float) -> None:
    content = (model_dir / name).read_bytes()
    (model_dir / name).write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ArtifactError):
        InferenceModel.load(model_dir)
