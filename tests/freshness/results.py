"""Windows that are measured, kept so that a run cut short goes on where it stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.files import write_file
from recommender.ml.lab.result_keys import hash_code, hash_interactions, hash_movies, hash_values
from tests.freshness.protocol import Window
from tests.freshness.training import TRAINING_MODULES

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
ML_MODULES = (
    *TRAINING_MODULES,
    "recommender.ml.evaluation",
    "recommender.ml.finetuning",
    "recommender.ml.trained",
)
SITE_FILES = (
    *(f"recommender/{name}.py" for name in ("film_facts", "finetuning", "guardrail")),
    "recommender/training_data.py",
    "catalog/bulk_ratings.py",
    *(f"tests/freshness/{name}.py" for name in ("measure", "protocol", "site", "tags")),
)
BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class WindowResult:
    """What one window's questions brought.

    `asked` and `old` hold columns (Q,): `person` is the index among all people, "model metric" the
    answers; `asked` has `step`, `was_trained_on` and `is_new_film` too. `record` tells of the
    refreshes and trainings, as plain JSON values.
    """

    year: int
    asked: dict[str, NDArray[Any]]
    old: dict[str, NDArray[Any]]
    record: dict[str, Any]


def name_result(
    window: Window,
    *,
    interactions: Interactions,
    movies: Mapping[int, MovieInfo],
    config: ExperimentConfig,
    limits: Mapping[str, Any],
) -> str:
    """Return a file name made of all that a window's result depends on; `limits` are the job's."""
    code = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in SITE_FILES]
    known = {
        "window": dataclasses.asdict(window),
        "data": hash_interactions(interactions),
        "movies": hash_movies(movies),
        "config": dataclasses.asdict(config),
        "limits": dict(limits),
        "code": [hash_code(ML_MODULES), *code],
    }
    return f"{window.year}-{hash_values(known)}.npz"


def save_result(path: Path, result: WindowResult) -> None:
    """Write one result, whole or not at all.

    Raises:
        ArtifactError: The disk is full or the folder cannot be written.
    """
    columns = {
        **{f"asked {name}": values for name, values in result.asked.items()},
        **{f"old {name}": values for name, values in result.old.items()},
        "header": np.array(json.dumps({"year": result.year, "record": result.record})),
    }

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            np.savez_compressed(file, **columns)  # type: ignore[arg-type] # allow_pickle is a bool

    write_file(path, write)


def load_result(path: Path) -> WindowResult | None:
    """Return a kept result; None where there is none, or a broken one, which is reported."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            content = {name: archive[name] for name in archive.files}
        header = json.loads(str(content.pop("header")))
        return WindowResult(
            year=header["year"],
            asked=_select(content, "asked "),
            old=_select(content, "old "),
            record=header["record"],
        )
    except BROKEN as error:
        logger.warning("%s: is broken (%s) and will be made anew", path, error)
        return None


def _select(content: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): values
        for name, values in content.items()
        if name.startswith(prefix)
    }
