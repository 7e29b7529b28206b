"""Writing what serving reads: model.pt, model.onnx, occlusion.onnx, items.npz, card.json.

The item table lies on disk once for serving: the graph's table is an external tensor that points
at the bytes of `item_vectors` inside `items.npz`, whose members are stored uncompressed.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto
from torch import Tensor

from recommender.ml.checkpoint import save_model
from recommender.ml.errors import ArtifactError
from recommender.ml.files import new_directory
from recommender.ml.graph_writer import GraphWriter
from recommender.ml.inference import ENCODER_FILE, OCCLUSION_FILE
from recommender.ml.occlusion_graph import TreeWriter, share_constants
from recommender.ml.onnx_graph import ITEM_TABLE, build_graph
from recommender.ml.ratings.inference import RATING_FILE, RatingHead
from recommender.ml.transformer import SequenceTransformer

ITEMS_FILE = "items.npz"
ALIGNMENT = 4096


def export_model(
    directory: Path,
    model: SequenceTransformer,
    movie_ids: NDArray[np.int64],
    popularity: NDArray[np.int64],
    card: dict[str, Any],
    *,
    rating_head: RatingHead | None = None,
) -> None:
    """Write a whole model directory, or nothing; an older model there is replaced.

    `movie_ids` and `popularity` (how many people trained on rated the film) are (V,), padding
    first; what predicts stars is written too where given. Item tables are rounded to float16 in
    `model` as well, so that it stays equal to the graph.

    Raises:
        ArtifactError: The directory holds something else, or cannot be written.
    """
    check_target(directory)
    model = model.cpu().eval()
    with torch.no_grad():
        for table in (model.items, model.outputs):
            if table is not None:
                table.copy_(table.to(torch.float16).float())
    with new_directory(directory) as aside:
        save_model(aside / "model.pt", model, movie_ids, popularity, card)
        offset = write_items(aside / ITEMS_FILE, item_arrays(model, movie_ids, popularity))
        write_graphs(aside, model, offset)
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        (aside / "card.json").write_text(text, encoding="utf-8")
        if rating_head is not None:
            rating_head.save(aside / RATING_FILE)


def check_target(directory: Path) -> None:
    """Raise ArtifactError where writing a model would replace something that is no model."""
    if not directory.exists():
        return
    is_model = directory.is_dir() and (directory / "card.json").is_file()
    if not is_model and not (directory.is_dir() and not any(directory.iterdir())):
        raise ArtifactError(f"{directory}: exists and is no model directory; choose another --out")


def item_arrays(
    model: SequenceTransformer, movie_ids: NDArray[np.int64], popularity: NDArray[np.int64]
) -> dict[str, NDArray[np.generic]]:
    """Return the members of items.npz: the table the graph reads comes first.

    `input_vectors` (V, D) float16 is there only if inputs and outputs are not tied; `item_scale`
    (V,) turns `item_vectors` into what hidden states are scored by (1 but for cosine scores).
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    outputs = model.items if model.outputs is None else model.outputs
    if model.outputs is not None:
        arrays["input_vectors"] = _with_padding(model.items).astype(np.float16)
    arrays["item_vectors"] = _with_padding(outputs).astype(np.float16)
    arrays["movie_ids"] = movie_ids.astype(np.int64)
    arrays["popularity"] = popularity.astype(np.int64)
    if model.config.scoring == "cosine":
        norms = outputs.detach().norm(dim=1).clamp_min(1e-12)
        arrays["item_scale"] = _with_padding(1.0 / (norms * model.config.temperature))
    if model.bias is not None:
        arrays["item_bias"] = _with_padding(model.bias)
    return arrays


def padded_vectors(model: SequenceTransformer) -> NDArray[np.float32]:
    """Return (V, D) what hidden states are scored by, a row of zeros for padding first."""
    return _with_padding(model.output_vectors().cpu())


def _with_padding(values: Tensor) -> NDArray[np.float32]:
    array = values.detach().numpy().astype(np.float32)
    return np.concatenate([np.zeros_like(array[:1]), array])


def write_items(path: Path, arrays: dict[str, NDArray[np.generic]]) -> int:
    """Write an uncompressed .npz and return where in it the first array's bytes begin.

    The first member's zip header is padded so that they begin on a memory page.
    """
    offset = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            if not offset:
                header = len(buffer.getvalue()) - array.nbytes
                taken = 30 + len(info.filename) + 4 + header  # 4: the padding's own header
                padding = -taken % ALIGNMENT
                info.extra = (0x6D73).to_bytes(2, "little") + padding.to_bytes(2, "little")
                info.extra += bytes(padding)
                offset = taken + padding
            archive.writestr(info, buffer.getvalue())
    return offset


def write_graphs(directory: Path, model: SequenceTransformer, offset: int) -> None:
    """Write model.onnx, and occlusion.onnx, whose weights are those that lie in model.onnx.

    The item table of both lies in items.npz, padding row at `offset`.
    """
    raw = encoder_graph(model, offset).SerializeToString()
    (directory / ENCODER_FILE).write_bytes(raw)
    occluder = encoder_graph(model, offset, writer=TreeWriter)
    share_constants(occluder, raw, location=ENCODER_FILE)
    (directory / OCCLUSION_FILE).write_bytes(occluder.SerializeToString())


def encoder_graph(
    model: SequenceTransformer, offset: int, *, writer: type[GraphWriter] = GraphWriter
) -> onnx.ModelProto:
    """Return the encoder graph whose item table lies in items.npz, padding row at `offset`."""
    weights = {
        name: value.detach().numpy()
        for name, value in model.state_dict().items()
        if name not in ("items", "outputs", "bias")
    }
    graph = build_graph(model.config, weights, model.num_items, writer=writer)
    row_bytes = 2 * model.config.embedding_dim
    place = {
        "location": ITEMS_FILE,
        "offset": str(offset + row_bytes),  # the graph's table has no padding row
        "length": str(row_bytes * model.num_items),
    }
    table = next(t for t in graph.graph.initializer if t.name == ITEM_TABLE)
    table.data_location = TensorProto.EXTERNAL
    for key, value in place.items():
        table.external_data.add(key=key, value=value)
    return graph
