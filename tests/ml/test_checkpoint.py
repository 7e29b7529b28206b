"""Saved networks: they come back the same, or say clearly why not."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recommender.ml.checkpoint import (
    check_architecture,
    check_vocabulary,
    load_model,
    save_model,
)
from recommender.ml.errors import ArtifactError
from tests.ml.tiny_models import NUM_ITEMS, SMALL, VARIANTS, movie_ids, small_model

COUNTS = np.arange(NUM_ITEMS + 1, dtype=np.int64)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_saved_network_comes_back_the_same(tmp_path: Path, variant: str) -> None:
    model = small_model(**VARIANTS[variant])
    for table in (model.items, model.outputs):
        if table is not None:
            table.data.copy_(table.data.to(torch.float16))
    save_model(tmp_path / "model.pt", model, movie_ids(), COUNTS, {"name": "x", "é": [1.5]})
    saved = load_model(tmp_path / "model.pt")
    items = torch.tensor([[4, 8, 15]])
    torch.testing.assert_close(saved.model(items), model(items), rtol=0, atol=0)
    np.testing.assert_array_equal(saved.movie_ids, movie_ids())
    np.testing.assert_array_equal(saved.popularity, COUNTS)
    assert saved.record == {"name": "x", "é": [1.5]}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    save_model(tmp_path / "model.pt", small_model(), movie_ids(), COUNTS, {})
    return tmp_path / "model.pt"


def test_another_architecture_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"num_blocks is 2 there and 3 here"):
        check_architecture(tmp_path, SMALL, replace(SMALL, num_blocks=3))


def test_another_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"40 movies there, 39 here, 39 in common"):
        check_vocabulary(tmp_path, movie_ids(), movie_ids()[:-1])


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
def test_truncated_file_is_refused(model_file: Path, kept: float) -> None:
    content = model_file.read_bytes()
    model_file.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ArtifactError, match=r"model\.pt: is truncated or no torch file"):
        load_model(model_file)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="there is no such file"):
        load_model(tmp_path / "model.pt")


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "ran",))  # type: ignore[return-value]

    (tmp_path / "model.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ArtifactError):
        load_model(tmp_path / "model.pt")
    assert not (tmp_path / "ran").exists()


def test_a_torch_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(2)}, tmp_path / "model.pt")
    with pytest.raises(ArtifactError, match="is not a MovieShow model"):
        load_model(tmp_path / "model.pt")
