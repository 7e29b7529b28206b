"""Training a network: epochs of windows, early stopping, going on after an interruption."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from recommender.ml.batch_loss import batch_loss
from recommender.ml.config import ExperimentConfig
from recommender.ml.distributed import Workers
from recommender.ml.epochs import EpochRecord
from recommender.ml.errors import TrainingError
from recommender.ml.model_building import build_model, fill_unseen_eras
from recommender.ml.optimisation import (
    WeightAverage,
    build_optimiser,
    choose_precision,
    learning_rate_at,
)
from recommender.ml.resuming import resume_run, save_run
from recommender.ml.sequences import Batch, padding_share, training_batches
from recommender.ml.themes import ItemThemes, draw_themed_windows
from recommender.ml.tokens import items_of
from recommender.ml.training_clock import read_minutes
from recommender.ml.transformer import SequenceTransformer
from recommender.ml.validation import ValidationResult, validate

logger = logging.getLogger(__name__)

LOOK_EVERY = 20
"""Steps between looks at the loss: looking waits for the device."""


@dataclass(frozen=True)
class TrainingData:
    """Histories (tokens, oldest first) to train on and to validate on, and `movie_ids` (V,).

    `themes` says what each film is, where themed windows are to be drawn; `repeats` (P,) how often
    an epoch reads each of `train`, once without it.
    """

    train: list[NDArray[np.int64]]
    validation: list[NDArray[np.int64]]
    movie_ids: NDArray[np.int64]
    themes: ItemThemes | None = None
    repeats: NDArray[np.int64] | None = None

    @property
    def read(self) -> list[NDArray[np.int64]]:
        """Return the histories of an epoch, those read more than once as often."""
        if self.repeats is None:
            return self.train
        return [self.train[i] for i in np.repeat(np.arange(len(self.train)), self.repeats)]


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
        workers: Workers | None = None,
    ) -> None:
        """Build the network and all that trains it; go on from `checkpoint` if that file exists.

        `workers` are the processes, all with the same data, that share the work.

        Raises:
            TrainingError: There is nothing to train or to validate on, or a worker is gone.
            ArtifactError: The checkpoint is broken or of another run.
        """
        _check_data(config, data)
        self.config, self.data, self.checkpoint = config, data, checkpoint
        self.device, self.workers = device or torch.device("cpu"), workers or Workers()
        self.show_progress = show_progress and self.workers.is_first
        self._started: float | None = read_minutes(self.device.type)
        self.precision: torch.dtype = self.workers.agree(
            choose_precision(config.training.precision, self.device)
        )
        genres = None if data.themes is None else data.themes.genres
        self.histories = data.read
        watched = [items_of(history) for history in self.histories]
        self.model = build_model(config, watched, len(data.movie_ids) - 1, genres)
        self.workers.share_weights(self.model.to(self.device))
        self.optimiser = build_optimiser(self.model, config.training)
        self.average = WeightAverage(self.model, config.training.average_decay)
        self.best = [value.clone() for value in self.average.values]
        self.records: list[EpochRecord] = []
        self.step, self.total_steps = 0, _count_steps(config, self.histories)
        self.minutes_to_prepare = self._stop_clock()
        if checkpoint is not None and checkpoint.exists():
            resume_run(checkpoint, self)

    @property
    def best_record(self) -> EpochRecord:
        """Return the first of the epochs with the highest validation NDCG@10."""
        return max(self.records, key=lambda record: record.ndcg_at_10)

    @property
    def stopped_by(self) -> str | None:
        """Return what ends the run after its last epoch: None, epochs, minutes or patience."""
        config, done = self.config.training, len(self.records)
        if done >= config.epochs:
            return "epochs"
        if self.records and self.time_share >= 1.0:
            return "minutes"
        if self.records and done - self.best_record.epoch >= config.patience:
            return "patience"
        return None

    @property
    def is_finished(self) -> bool:
        """Return whether epochs or minutes are used up, or `patience` epochs brought nothing."""
        return self.stopped_by is not None

    @property
    def minutes(self) -> float:
        """Return how long all finished epochs took, those before an interruption too."""
        return sum(record.minutes for record in self.records)

    @property
    def time_share(self) -> float:
        """Return how much of `max_minutes` has gone, 0 without such a limit."""
        limit = self.config.training.max_minutes
        return (self.minutes + self._running_minutes) / max(limit or math.inf, 1e-9)

    def run(self) -> SequenceTransformer:
        """Train to the end and return the network with the best epoch's weights, on the CPU.

        Raises:
            TrainingError: The loss or a weight became NaN or infinite.
            ArtifactError: A checkpoint cannot be written.
        """
        while not self.is_finished:
            self.run_epoch()
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), self.best, strict=True):
                parameter.copy_(value)
        fill_unseen_eras(self.model)
        return self.model.cpu().eval()

    def run_epoch(self) -> EpochRecord:
        """Train one epoch, validate the averaged weights, save the checkpoint."""
        self._started, epoch = read_minutes(self.device.type), len(self.records) + 1
        train_loss, padding_share = self._train_epoch(epoch)
        if not all(bool(value.isfinite().all()) for value in self.average.values):
            raise self._diverged("a weight", "NaN or infinite", epoch)
        measured = self._validate() if self.workers.is_first else None
        minutes = self._stop_clock()
        if measured is not None:
            figures = (measured.loss, measured.hit_at_10, measured.ndcg_at_10)
            total = self.minutes + minutes
            record = EpochRecord(epoch, train_loss, *figures, minutes, total, padding_share)
        record = self.workers.agree(record if measured else None)
        self.records.append(record)
        if self.best_record is record:
            self.best = [value.clone() for value in self.average.values]
        logger.info(
            "epoch %d: train loss %.4f, validation loss %.4f, Hit@10 %.4f, NDCG@10 %.4f, %.2f min, "
            "%.1f %% padding",
            *(epoch, train_loss, record.validation_loss, record.hit_at_10, record.ndcg_at_10),
            *(record.minutes, 100 * padding_share),
        )
        if self.checkpoint is not None and self.workers.is_first:
            save_run(self.checkpoint, self)
        return record

    def _stop_clock(self) -> float:
        """Return the minutes since it was started."""
        minutes, self._started = self._running_minutes, None
        return minutes

    @property
    def _running_minutes(self) -> float:
        return 0.0 if self._started is None else read_minutes(self.device.type) - self._started

    def _validate(self) -> ValidationResult:
        self.average.swap()
        result = validate(self.model, self.data.validation, self.precision)
        self.average.swap()
        return result

    def _train_epoch(self, epoch: int) -> tuple[float, float]:
        """Return the mean loss, and the share of padding in what was computed."""
        config = self.config.training
        rng = np.random.default_rng([config.seed, epoch])
        torch.manual_seed(int(rng.integers(2**62)) + self.workers.rank)  # dropout
        batches = self.draw_batches(rng)
        seeds = rng.integers(2**62, size=len(batches)).tolist()
        self.model.train()
        loss_sum, seen = torch.zeros((), device=self.device), 0
        bar = tqdm(batches, desc=f"epoch {epoch}", unit="batch", disable=not self.show_progress)
        for start in range(0, len(batches), config.accumulation):
            part = slice(start, start + config.accumulation)
            loss_sum += self.train_step(batches[part], seeds[part])
            seen += 1
            if seen % LOOK_EVERY == 0 or start + config.accumulation >= len(batches):
                bar.set_postfix(loss=f"{self._look(loss_sum, seen, epoch):.3f}")
            bar.update(len(batches[part]))
        bar.close()
        return float(loss_sum) / seen, padding_share(batches)

    def draw_batches(self, rng: np.random.Generator) -> list[Batch]:
        """Return the batches of an epoch."""
        share, themed = self.config.data.themed_share, []
        max_seq_len = self.config.model.max_seq_len
        if share and self.data.themes is not None:
            drawn = draw_themed_windows(self.histories, self.data.themes, share=share, rng=rng)
            themed = [window[: max_seq_len + 1] for window in drawn]
        batches = training_batches(
            self.histories,
            extra_windows=themed,
            max_seq_len=max_seq_len,
            tokens_per_batch=self.config.training.tokens_per_batch,
            rng=rng,
        )
        return list(batches)

    def train_step(self, group: Sequence[Batch], seeds: Sequence[int]) -> Tensor:
        """Take one optimiser step over a group of batches; return the mean loss, detached.

        Each batch has a seed for its negatives, the same in every process that shares it.
        """
        total = sum(int((batch.targets > 0).sum()) for batch in group)
        figures = torch.zeros(2, device=self.device)  # loss, time gone
        figures[1] = self.time_share if self.workers.is_first else 0.0
        for batch, seed in zip(group, seeds, strict=True):
            loss, count = batch_loss(
                self.model,
                batch,
                self.config.loss,
                seed=seed,
                precision=self.precision,
                workers=self.workers,
            )
            if count:
                loss = loss * (count / total)
                torch.autograd.backward(loss)
                figures[0] += loss.detach()
        figures = self.workers.sum_gradients(self.model, figures)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.training.clip)
        time_share = 0.0 if self.config.training.max_minutes is None else float(figures[1])
        rate = learning_rate_at(self.step, self.total_steps, self.config.training, time_share)
        for options in self.optimiser.param_groups:
            options["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.average.update()
        self.step += 1
        return figures[0]

    def _look(self, loss_sum: Tensor, seen: int, epoch: int) -> float:
        mean = float(loss_sum) / seen
        if not math.isfinite(mean):
            raise self._diverged("the loss", str(mean), epoch)
        return mean

    def _diverged(self, what: str, value: str, epoch: int) -> TrainingError:
        rate = self.config.training.learning_rate
        return TrainingError(
            f"{what} became {value} in epoch {epoch}, step {self.step}; lower learning_rate "
            f"(now {rate}) or set precision to fp32"
        )


def _check_data(config: ExperimentConfig, data: TrainingData) -> None:
    if not any(len(history) > 1 for history in data.train):
        raise TrainingError("nobody to train on has two ratings; give a larger data set")
    if (config.data.themed_share or config.initialisation.genre_weight) and not data.themes:
        raise TrainingError("the config uses genres; give TrainingData its themes")
    if not any(len(history) > 5 for history in data.validation):
        raise TrainingError("nobody to validate on has 6 ratings; give a larger data set")


def _count_steps(config: ExperimentConfig, histories: Sequence[NDArray[np.int64]]) -> int:
    """Return about how many steps all epochs take."""
    predictions = sum(max(0, len(history) - 1) for history in histories)
    predictions = int(predictions * (1 + config.data.themed_share))
    per_step = config.training.tokens_per_batch * config.training.accumulation
    return max(1, predictions // per_step) * config.training.epochs
