"""The model directory: the graph equals the network, the table lies there once, nothing is half."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from recommender.ml.__main__ import main
from recommender.ml.errors import ArtifactError
from recommender.ml.export import export_model
from recommender.ml.files import new_directory
from recommender.ml.inference import InferenceModel
from recommender.ml.losses import score
from tests.ml.tiny_models import NUM_ITEMS, VARIANTS, movie_ids, small_model, write_small_model


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("lengths", [[1, 1], [2, 2], [12, 12], [1, 12, 5, 2]])
def test_graph_equals_network(tmp_path: Path, variant: str, lengths: list[int]) -> None:
    model = write_small_model(tmp_path / "model", **VARIANTS[variant])
    served = InferenceModel.load(tmp_path / "model")
    assert served.token_features == model.config.token_features
    rng = np.random.default_rng(0)
    sequences = [
        served.token_features.make_tokens(
            rng.integers(1, NUM_ITEMS + 1, size=n),
            stars=rng.integers(1, 11, size=n) / 2,
            timestamps=rng.integers(8 * 10**8, 17 * 10**8, size=n),
        )
        for n in lengths
    ]
    hidden = served.encode(sequences)
    padded = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = torch.from_numpy(sequence)
    with torch.no_grad():
        expected = model.encode_last(padded, torch.tensor(lengths))
        scores = score(expected, model.output_vectors(), model.bias)
    np.testing.assert_allclose(hidden, expected.numpy(), atol=2e-5)
    np.testing.assert_allclose(served.scores(hidden)[:, 1:], scores.numpy(), atol=2e-4, rtol=1e-5)


def find_ranks(path: Path) -> dict[tuple[int, ...], list[int]]:
    """Return by the shape of a weight how many axes each product with such a weight has."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(path), load_external_data=False)).graph
    weights = {t.name: tuple(t.dims) for t in graph.initializer if len(t.dims) == 2}
    axes = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.value_info}
    ranks: dict[tuple[int, ...], list[int]] = {}
    for node in graph.node:
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights:
            ranks.setdefault(weights[node.input[1]], []).append(axes[node.output[0]])
    return ranks


@pytest.mark.parametrize("variant", VARIANTS)
def test_final_layer_works_for_the_last_position_alone(tmp_path: Path, variant: str) -> None:
    write_small_model(tmp_path / "model", **VARIANTS[variant], ffn_dim=40)
    ranks = find_ranks(tmp_path / "model" / "model.onnx")
    up = (16, 40) if VARIANTS[variant].get("block") == "plain" else (16, 80)
    # (B, T, ·) in the first of two layers, (B, ·) in the final one, which asks keys of all.
    assert ranks[up] == ranks[40, 16] == [3, 2]
    assert ranks[16, 48] == [3]
    assert ranks[16, 32] == [3]
    # Gates and outputs of both layers, and the one query.
    assert ranks[16, 16].count(2) == ranks[16, 16].count(3) + 1


def test_plain_onnxruntime_opens_the_graph_beside_its_items(tmp_path: Path) -> None:
    write_small_model(tmp_path / "a model")
    session = onnxruntime.InferenceSession(str(tmp_path / "a model" / "model.onnx"))
    assert [(i.name, i.type) for i in session.get_inputs()] == [
        ("item_idx", "tensor(int64)"),
        ("lengths", "tensor(int64)"),
    ]
    feed = {"item_idx": np.array([[5, 0]]), "lengths": np.array([1])}
    assert session.run(["hidden"], feed)[0].shape == (1, 16)


def test_item_table_is_stored_once_in_half_precision(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    graph = onnx.load(str(tmp_path / "model" / "model.onnx"), load_external_data=False)
    [table] = [t for t in graph.graph.initializer if t.name == "items"]
    assert {e.key: e.value for e in table.external_data}["location"] == "items.npz"
    with np.load(tmp_path / "model" / "items.npz") as items:
        assert items["item_vectors"].dtype == np.float16
        assert items["item_vectors"].shape == (NUM_ITEMS + 1, 16)
        assert not items["item_vectors"][0].any()


def test_exporting_again_replaces_the_older_model(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model", seed=0)
    first = (tmp_path / "model" / "model.pt").read_bytes()
    write_small_model(tmp_path / "model", seed=1)
    assert (tmp_path / "model" / "model.pt").read_bytes() != first
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_is_no_model_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(ArtifactError, match="photos: exists and is no model directory"):
        write_small_model(tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_a_failure_while_writing_leaves_the_older_model_and_no_rest(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    before = (tmp_path / "model" / "items.npz").read_bytes()
    with (
        pytest.raises(ArtifactError, match="No space left"),
        new_directory(tmp_path / "model") as aside,
    ):
        (aside / "items.npz").write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert (tmp_path / "model" / "items.npz").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_export_command_makes_the_served_files_anew(tmp_path: Path) -> None:
    write_small_model(tmp_path / "model", output_bias=True)
    before = InferenceModel.load(tmp_path / "model")
    (tmp_path / "model" / "items.npz").write_bytes(b"broken")
    (tmp_path / "model" / "model.onnx").unlink()
    assert main(["export", str(tmp_path / "model")]) == 0
    after = InferenceModel.load(tmp_path / "model")
    np.testing.assert_array_equal(after.item_vectors, before.item_vectors)
    np.testing.assert_array_equal(after.popularity, before.popularity)


def test_rounding_the_table_also_rounds_the_network(tmp_path: Path) -> None:
    model = small_model()
    ids, counts = movie_ids(), np.ones(NUM_ITEMS + 1, dtype=np.int64)
    export_model(tmp_path / "model", model, ids, counts, {"model": {"max_seq_len": 12}})
    half = model.items.detach().to(torch.float16).float()
    torch.testing.assert_close(model.items.detach(), half, rtol=0, atol=0)
