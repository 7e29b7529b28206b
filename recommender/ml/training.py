"""Training a network: epochs of windows, early stopping, going on after an interruption."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from recommender.ml.checkpoint import check_architecture, check_vocabulary, load_content
from recommender.ml.config import ExperimentConfig, parse_config
from recommender.ml.errors import ArtifactError, TrainingError
from recommender.ml.files import write_file
from recommender.ml.losses import compute_loss, draw_own_rows
from recommender.ml.model_building import build_model
from recommender.ml.optimisation import (
    WeightAverage,
    build_optimiser,
    choose_precision,
    learning_rate_at,
)
from recommender.ml.sequences import Batch, training_batches
from recommender.ml.themes import ItemThemes, draw_themed_windows
from recommender.ml.transformer import SequenceTransformer
from recommender.ml.validation import validate

logger = logging.getLogger(__name__)

LOOK_EVERY = 20
"""Steps between looks at the loss: looking waits for the device."""


@dataclass(frozen=True)
class TrainingData:
    """Histories (item_idx, oldest first) to train on and to validate on, and `movie_ids` (V,).

    `themes` says what each film is, where themed windows are to be drawn.
    """

    train: list[NDArray[np.int32]]
    validation: list[NDArray[np.int32]]
    movie_ids: NDArray[np.int64]
    themes: ItemThemes | None = None


@dataclass(frozen=True)
class EpochRecord:
    """One row of the table in the card; losses in nats per film."""

    epoch: int
    train_loss: float
    validation_loss: float
    hit_at_10: float
    ndcg_at_10: float
    minutes: float


class Trainer:
    """One training run, which can be stopped after any epoch and gone on with from its checkpoint.

    Every epoch seeds its own generators from (seed, epoch), so a run that was interrupted and one
    that was not see the same windows, negatives and dropout.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        data: TrainingData,
        *,
        device: torch.device | None = None,
        checkpoint: Path | None = None,
        show_progress: bool = False,
    ) -> None:
        """Build the network and all that trains it; go on from `checkpoint` if that file exists.

        Raises:
            TrainingError: There is nothing to train or to validate on.
            ArtifactError: The checkpoint is broken or of another run.
        """
        if sum(len(history) > 1 for history in data.train) == 0:
            raise TrainingError("nobody to train on has two ratings; give a larger data set")
        if (config.data.themed_share or config.initialisation.genre_weight) and not data.themes:
            raise TrainingError("the config uses genres; give TrainingData its themes")
        if not any(len(history) > 5 for history in data.validation):
            raise TrainingError("nobody to validate on has 6 ratings; give a larger data set")
        self.config, self.data, self.checkpoint = config, data, checkpoint
        self.device, self.show_progress = device or torch.device("cpu"), show_progress
        self.precision = choose_precision(config.training.precision, self.device)
        genres = None if data.themes is None else data.themes.genres
        self.model = build_model(config, data.train, len(data.movie_ids) - 1, genres)
        self.model.to(self.device)
        self.optimiser = build_optimiser(self.model, config.training)
        self.average = WeightAverage(self.model, config.training.average_decay)
        self.best = [value.clone() for value in self.average.values]
        self.records: list[EpochRecord] = []
        self.step, self._started = 0, None
        predictions = sum(max(0, len(history) - 1) for history in data.train)
        predictions = int(predictions * (1 + config.data.themed_share))
        per_step = config.training.tokens_per_batch * config.training.accumulation
        self.total_steps = max(1, predictions // per_step) * config.training.epochs
        if checkpoint is not None and checkpoint.exists():
            self._resume(checkpoint)

    @property
    def best_record(self) -> EpochRecord:
        """Return the first of the epochs with the highest validation NDCG@10."""
        return max(self.records, key=lambda record: record.ndcg_at_10)

    @property
    def is_finished(self) -> bool:
        """Return whether epochs or minutes are used up, or `patience` epochs brought nothing."""
        if not self.records:
            return self.config.training.epochs == 0
        since_best = self.records[-1].epoch - self.best_record.epoch
        all_done = len(self.records) >= self.config.training.epochs or self.time_share >= 1.0
        return all_done or since_best >= self.config.training.patience

    @property
    def minutes(self) -> float:
        """Return how long all finished epochs took, those before an interruption too."""
        return sum(record.minutes for record in self.records)

    @property
    def time_share(self) -> float:
        """Return how much of `max_minutes` has gone, 0 without such a limit."""
        limit = self.config.training.max_minutes
        if limit is None:
            return 0.0
        running = 0.0 if self._started is None else (time.monotonic() - self._started) / 60
        return (self.minutes + running) / max(limit, 1e-9)

    def run(self) -> SequenceTransformer:
        """Train to the end and return the network with the best epoch's weights, on the CPU.

        Raises:
            TrainingError: The loss became NaN or infinite.
            ArtifactError: A checkpoint cannot be written.
        """
        while not self.is_finished:
            self.run_epoch()
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), self.best, strict=True):
                parameter.copy_(value)
        return self.model.cpu().eval()

    def run_epoch(self) -> EpochRecord:
        """Train one epoch, validate the averaged weights, save the checkpoint."""
        self._started, epoch = time.monotonic(), len(self.records) + 1
        train_loss = self._train_epoch(epoch)
        self.average.swap()
        result = validate(self.model, self.data.validation, self.precision)
        self.average.swap()
        minutes, self._started = (time.monotonic() - self._started) / 60, None
        record = EpochRecord(
            epoch, train_loss, result.loss, result.hit_at_10, result.ndcg_at_10, minutes
        )
        self.records.append(record)
        if self.best_record is record:
            self.best = [value.clone() for value in self.average.values]
        logger.info(
            "epoch %d: train loss %.4f, validation loss %.4f, Hit@10 %.4f, NDCG@10 %.4f, %.2f min",
            *dataclasses.astuple(record),
        )
        if self.checkpoint is not None:
            self._save(self.checkpoint)
        return record

    def _train_epoch(self, epoch: int) -> float:
        config = self.config.training
        rng = np.random.default_rng([config.seed, epoch])
        seed = int(rng.integers(2**62))
        torch.manual_seed(seed)  # dropout
        negatives = torch.Generator(self.device).manual_seed(seed)
        batches = self._batches(rng)
        self.model.train()
        loss_sum, seen = torch.zeros((), device=self.device), 0
        bar = tqdm(batches, desc=f"epoch {epoch}", unit="batch", disable=not self.show_progress)
        for start in range(0, len(batches), config.accumulation):
            group = batches[start : start + config.accumulation]
            loss_sum += self._train_step(group, negatives)
            seen += 1
            if seen % LOOK_EVERY == 0 or start + config.accumulation >= len(batches):
                bar.set_postfix(loss=f"{self._look(loss_sum, seen, epoch):.3f}")
            bar.update(len(group))
        bar.close()
        return float(loss_sum) / seen

    def _batches(self, rng: np.random.Generator) -> list[Batch]:
        share, themed = self.config.data.themed_share, []
        max_seq_len = self.config.model.max_seq_len
        if share and self.data.themes is not None:
            drawn = draw_themed_windows(self.data.train, self.data.themes, share=share, rng=rng)
            themed = [window[: max_seq_len + 1] for window in drawn]
        batches = training_batches(
            self.data.train,
            extra_windows=themed,
            max_seq_len=max_seq_len,
            tokens_per_batch=self.config.training.tokens_per_batch,
            rng=rng,
        )
        return list(batches)

    def _train_step(self, group: Sequence[Batch], negatives: torch.Generator) -> Tensor:
        """Take one optimiser step over a group of batches; return the mean loss, detached."""
        counts = [int((batch.targets > 0).sum()) for batch in group]
        loss_sum = torch.zeros((), device=self.device)
        for batch, count in zip(group, counts, strict=True):
            inputs = torch.from_numpy(batch.inputs).to(self.device)
            targets = torch.from_numpy(batch.targets).to(self.device)
            chosen = targets > 0
            with torch.autocast(
                self.device.type, self.precision, enabled=self.precision != torch.float32
            ):
                hidden = self.model(inputs)[chosen]  # (N, D)
                rows, loss_config = targets[chosen] - 1, self.config.loss
                own = draw_own_rows(inputs, targets, loss_config, self.model.num_items, negatives)
                loss = compute_loss(self.model, hidden, rows, loss_config, negatives, own_rows=own)
            loss = loss * (count / sum(counts))
            torch.autograd.backward(loss)
            loss_sum += loss.detach()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.training.clip)
        rate = learning_rate_at(self.step, self.total_steps, self.config.training, self.time_share)
        for options in self.optimiser.param_groups:
            options["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.average.update()
        self.step += 1
        return loss_sum

    def _look(self, loss_sum: Tensor, seen: int, epoch: int) -> float:
        mean = float(loss_sum) / seen
        if not math.isfinite(mean):
            raise TrainingError(
                f"the loss became {mean} in epoch {epoch}, step {self.step}; lower learning_rate "
                f"(now {self.config.training.learning_rate}) or set precision to fp32"
            )
        return mean

    def _save(self, path: Path) -> None:
        content = {
            "config": dataclasses.asdict(self.config),
            "movie_ids": torch.from_numpy(self.data.movie_ids),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best,
            "records": [dataclasses.asdict(record) for record in self.records],
            "step": self.step,
        }
        write_file(path, lambda aside: torch.save(content, aside))

    def _resume(self, path: Path) -> None:
        content = load_content(path)
        saved = _saved_config(path, content)
        check_architecture(path, saved.model, self.config.model)
        check_vocabulary(path, content["movie_ids"].numpy(), self.data.movie_ids)
        if dataclasses.replace(saved, name=self.config.name) != self.config:
            raise ArtifactError(f"{path}: is of a run with other options; delete it to start anew")
        self.model.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.average.load_state_dict(content["average"])
        self.best = [value.to(self.device) for value in content["best"]]
        self.records = [EpochRecord(**record) for record in content["records"]]
        self.step = content["step"]
        logger.info("going on after epoch %d of %s", len(self.records), path)


def _saved_config(path: Path, content: dict[str, Any]) -> ExperimentConfig:
    tables = dict(content.get("config", {}))
    if "name" not in tables:
        raise ArtifactError(f"{path}: is no checkpoint of a training run; delete it to start anew")
    return parse_config(tables.pop("name"), tables, source=str(path))
