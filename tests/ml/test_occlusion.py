"""Encoding a history without each of its last films, the unchanged beginning once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from recommender.ml.errors import ArtifactError
from recommender.ml.inference import InferenceModel
from recommender.ml.occlusion import lay_out_deletions
from tests.ml.tiny_models import NUM_ITEMS, VARIANTS, write_small_model

MAX_SEQ_LEN = 12


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("length", [2, 7, 12, 13, 30])
def test_shared_and_separate_encodings_are_the_same(
    tmp_path: Path, variant: str, length: int
) -> None:
    write_small_model(tmp_path / "model", **VARIANTS[variant])
    served = InferenceModel.load(tmp_path / "model")
    assert served.max_seq_len == MAX_SEQ_LEN
    assert served.occluder is not None
    rng = np.random.default_rng(length)
    history = served.token_features.make_tokens(
        rng.integers(1, NUM_ITEMS + 1, size=length),
        stars=rng.integers(1, 11, size=length) / 2,
        timestamps=np.sort(rng.integers(8 * 10**8, 17 * 10**8, size=length)),
    )
    positions = np.arange(max(0, length - 16), length)
    shared = served.encode_without_each(history, positions)
    separate = replace(served, occluder=None).encode_without_each(history, positions)
    assert shared.shape == separate.shape == (1 + len(positions), 16)
    np.testing.assert_allclose(shared, separate, atol=2e-5)


def test_unchanged_positions_are_put_down_once() -> None:
    short = lay_out_deletions(np.arange(1, 11), np.arange(6, 10), max_seq_len=12)
    assert short.tokens[0].tolist() == [*range(1, 11), 8, 9, 10, 9, 10, 10]
    assert short.place.tolist() == [*range(10), 6, 7, 8, 7, 8, 8]
    assert short.asked.tolist() == [9, 12, 14, 15, 8]
    cut = lay_out_deletions(np.arange(1, 11), np.arange(8, 10), max_seq_len=4)
    assert cut.tokens[0].tolist() == [6, 7, 8, 9, 10]
    assert cut.place.tolist() == [0, 1, 2, 3, 3]
    assert cut.asked.tolist() == [4, 3]


def test_positions_of_other_sequences_are_out_of_sight() -> None:
    row = lay_out_deletions(np.array([1, 2, 3]), np.array([0, 1]), max_seq_len=5)
    assert row.tokens[0].tolist() == [1, 2, 3, 2, 3, 3]
    far = 5
    assert row.distances.tolist() == [
        [0, far, far, far, far, far],
        [1, 0, far, far, far, far],
        [2, 1, 0, far, far, far],
        [far, far, far, 0, far, far],
        [far, far, far, 1, 0, far],
        [1, far, far, far, far, 0],
    ]


def test_weights_lie_in_the_folder_once(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    graph = onnx.load(str(tmp_path / "model" / "occlusion.onnx"), load_external_data=False)
    kept = [t for t in graph.graph.initializer if len(t.raw_data) >= 1024]
    assert not kept
    places = [
        {entry.key: entry.value for entry in tensor.external_data}["location"]
        for tensor in graph.graph.initializer
        if tensor.external_data
    ]
    assert set(places) == {"model.onnx", "items.npz"}


def test_model_of_an_earlier_export_is_served_without(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    (tmp_path / "model" / "occlusion.onnx").unlink()
    served = InferenceModel.load(tmp_path / "model")
    assert served.occluder is None
    assert served.encode_without_each(np.array([1, 2, 3]), np.array([2])).shape == (2, 16)


@pytest.mark.parametrize("content", [b"", b"no graph"])
def test_broken_graph_is_named(tmp_path: Path, content: bytes) -> None:
    write_small_model(tmp_path / "model")
    (tmp_path / "model" / "occlusion.onnx").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"occlusion\.onnx"):
        InferenceModel.load(tmp_path / "model")


def test_graph_beside_a_shortened_other_is_an_error(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    path = tmp_path / "model" / "model.onnx"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ArtifactError, match="onnx"):
        InferenceModel.load(tmp_path / "model")
