"""Saving and loading networks: `model.pt` for a finished one, `checkpoint.pt` to go on training."""

from __future__ import annotations

import dataclasses
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ml.config import parse_config
from recommender.ml.errors import ArtifactError, ConfigError
from recommender.ml.files import write_file
from recommender.ml.transformer import ModelConfig, SequenceTransformer

MODEL_FORMAT = "movieshow-model-1"
TABLES = ("items", "outputs")


@dataclass(frozen=True)
class SavedModel:
    """A network ready to predict, and how it was made.

    `movie_ids` (V,) int64 from [0] == 0; `popularity` (V,) int64, how many people trained on
    rated each film; `record` is the card.
    """

    model: SequenceTransformer
    movie_ids: NDArray[np.int64]
    popularity: NDArray[np.int64]
    record: dict[str, Any]


def save_model(
    path: Path,
    model: SequenceTransformer,
    movie_ids: NDArray[np.int64],
    popularity: NDArray[np.int64],
    record: dict[str, Any],
) -> None:
    """Write weights, architecture and training record; item tables in float16, the rest as it is.

    Raises:
        ArtifactError: The file cannot be written.
    """
    state = {
        name: value.detach().cpu().to(torch.float16) if name in TABLES else value.detach().cpu()
        for name, value in model.state_dict().items()
    }
    content = {
        "format": MODEL_FORMAT,
        "architecture": dataclasses.asdict(model.config),
        "movie_ids": torch.from_numpy(movie_ids),
        "popularity": torch.from_numpy(popularity),
        "state_dict": state,
        "record": json.dumps(record),
    }
    write_file(path, lambda aside: torch.save(content, aside))


def load_model(path: Path) -> SavedModel:
    """Load what `save_model` wrote.

    Raises:
        ArtifactError: The file is missing, truncated, no model, or made by another version.
    """
    content = load_content(path)
    if content.get("format") != MODEL_FORMAT:
        raise ArtifactError(f"{path}: is not a MovieShow model; train one or give another folder")
    try:
        config = parse_config("", {"model": content["architecture"]}, source=str(path)).model
    except ConfigError as error:
        raise ArtifactError(
            f"{error}; the model was made by another version, train it anew"
        ) from error
    saved_ids: NDArray[np.int64] = content["movie_ids"].numpy()
    model = SequenceTransformer(len(saved_ids) - 1, config)
    try:
        model.load_state_dict(
            {name: value.float() for name, value in content["state_dict"].items()}
        )
    except RuntimeError as error:
        raise ArtifactError(f"{path}: weights do not fit the architecture: {error}") from error
    popularity = content["popularity"].numpy()
    return SavedModel(model.eval(), saved_ids, popularity, json.loads(content["record"]))


def load_content(path: Path) -> dict[str, Any]:
    """Load a dictionary that torch saved, weights only: nothing in the file can run code.

    Raises:
        ArtifactError: The file is missing, truncated, or not such a file.
    """
    if not path.is_file():
        raise ArtifactError(f"{path}: there is no such file; train a model or give another folder")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, OSError, KeyError, ValueError) as error:
        raise ArtifactError(
            f"{path}: is truncated or no torch file; delete it or copy it anew"
        ) from error
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: holds no model")
    return content


def check_architecture(path: Path, saved: ModelConfig, wanted: ModelConfig) -> None:
    """Raise ArtifactError, naming each option that differs, unless the two are the same network."""
    ours, theirs = dataclasses.asdict(wanted), dataclasses.asdict(saved)
    if ours != theirs:
        differences = ", ".join(
            f"{key} is {theirs[key]} there and {ours[key]} here"
            for key in ours
            if ours[key] != theirs[key]
        )
        raise ArtifactError(f"{path}: is of another architecture: {differences}")


def check_vocabulary(path: Path, saved: NDArray[np.int64], wanted: NDArray[np.int64]) -> None:
    """Raise ArtifactError unless both number the same movies."""
    if not np.array_equal(saved, wanted):
        raise ArtifactError(
            f"{path}: is of another vocabulary: {len(saved) - 1} movies there, {len(wanted) - 1} "
            f"here, {len(np.intersect1d(saved, wanted)) - 1} in common; train on the same data"
        )
