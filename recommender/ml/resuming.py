"""What a training run leaves behind after every epoch, to go on from when it was interrupted."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from recommender.ml.checkpoint import check_architecture, check_vocabulary, load_content
from recommender.ml.config import ExperimentConfig, parse_config
from recommender.ml.epochs import EpochRecord
from recommender.ml.errors import ArtifactError, ConfigError
from recommender.ml.files import write_file

if TYPE_CHECKING:
    from recommender.ml.training import Trainer

logger = logging.getLogger(__name__)


def save_run(path: Path, trainer: Trainer) -> None:
    """Write all that a run needs to go on.

    Raises:
        ArtifactError: The file cannot be written.
    """
    content = {
        "config": dataclasses.asdict(trainer.config),
        "movie_ids": torch.from_numpy(trainer.data.movie_ids),
        "model": trainer.model.state_dict(),
        "optimiser": trainer.optimiser.state_dict(),
        "average": trainer.average.state_dict(),
        "best": trainer.best,
        "records": [dataclasses.asdict(record) for record in trainer.records],
        "step": trainer.step,
        "precision": trainer.precision,  # `auto` might choose another when measured again
    }
    write_file(path, lambda aside: torch.save(content, aside))


def resume_run(path: Path, trainer: Trainer) -> None:
    """Bring a new run to where the one that wrote the file stood.

    Raises:
        ArtifactError: The file is broken, or of a run with other options or data.
    """
    content = load_content(path)
    saved = _saved_config(path, content)
    check_architecture(path, saved.model, trainer.config.model)
    check_vocabulary(path, content["movie_ids"].numpy(), trainer.data.movie_ids)
    if dataclasses.replace(saved, name=trainer.config.name) != trainer.config:
        raise ArtifactError(f"{path}: is of a run with other options; delete it to start anew")
    try:
        trainer.model.load_state_dict(content["model"])
        trainer.optimiser.load_state_dict(content["optimiser"])
        trainer.average.load_state_dict(content["average"])
        trainer.best = [value.to(trainer.device) for value in content["best"]]
        trainer.records = [EpochRecord(**record) for record in content["records"]]
        trainer.step, trainer.precision = content["step"], content["precision"]
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: was written by another version ({error}); delete it to start anew"
        ) from error
    logger.info("going on after epoch %d of %s", len(trainer.records), path)


def _saved_config(path: Path, content: dict[str, Any]) -> ExperimentConfig:
    tables = dict(content.get("config", {}))
    if "name" not in tables:
        raise ArtifactError(f"{path}: is no checkpoint of a training run; delete it to start anew")
    try:
        return parse_config(tables.pop("name"), tables, source=str(path))
    except ConfigError as error:
        raise ArtifactError(
            f"{error}; it was written by another version, delete it to start anew"
        ) from error
