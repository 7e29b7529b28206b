"""Incremental fine-tuning: a trained network, new histories and a replay of old ones, in seconds.

Films that the network was not trained on get rows on the way, see `cold.films`.
Replay of earlier interactions against forgetting: Rolnick et al. 2019, "Experience Replay for
Continual Learning". The learning rate is a fraction of that of a full training and there is no
schedule over epochs, for the time allowed decides how many steps there are.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recommender.ml.batch_loss import batch_loss
from recommender.ml.checkpoint import SavedModel, load_model
from recommender.ml.cold.content import FilmFacts
from recommender.ml.cold.films import (
    BoundedRows,
    DeltaLimits,
    choose_new_films,
    count_raters,
    grow_model,
    start_new_films,
)
from recommender.ml.config import TrainingConfig
from recommender.ml.datasets import Vocabulary
from recommender.ml.export import export_model
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.losses import LossConfig
from recommender.ml.optimisation import build_optimiser
from recommender.ml.sequences import Batch, training_batches
from recommender.ml.transformer import SequenceTransformer

MODEL_FILE = "model.pt"
SMALL_CATALOGUE = 2000


@dataclass(frozen=True)
class FinetuneConfig:
    """How gently and how long to fine-tune.

    `max_passes` over the data end it before the seconds do; `replay_ratio` old predictions stand
    beside each new one, and `min_replay` at least. `new_films` bounds what
    the rows of new films learn.
    """

    learning_rate: float = 1e-4
    warmup_steps: int = 5
    weight_decay: float = 0.01
    clip: float = 1.0
    tokens_per_batch: int = 2048
    max_passes: int = 3
    replay_ratio: float = 4.0
    min_replay: int = 2000
    new_films: DeltaLimits = field(default_factory=DeltaLimits)


@dataclass(frozen=True)
class FinetuneReport:
    """What was done: optimiser steps, the seconds they took, mean loss of the last 20 in nats.

    `new_films` films got a row that the source has not.
    """

    steps: int
    seconds: float
    loss: float
    new_films: int = 0

    def for_card(self) -> dict[str, float | int]:
        """Return what the model card tells of it."""
        return {
            "new_films": self.new_films,
            "steps": self.steps,
            "seconds": round(self.seconds, 2),
            "loss": round(self.loss, 4),
        }


def fine_tune(
    source: Path,
    target: Path,
    *,
    histories: Sequence[History],
    replay: Sequence[History],
    max_seconds: float,
    seed: int,
    config: FinetuneConfig | None = None,
    facts: Mapping[int, FilmFacts] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FinetuneReport:
    """Fine-tune the model of the folder `source` and write it, whole, to the folder `target`.

    Films of `facts` that the model does not know get a row, if anything is known of them or
    somebody rated them; other unknown films are skipped. The first step always runs, and no
    further one begins once `max_seconds` have gone by the `clock`. The card is the source's, with
    what was done added.

    Raises:
        ArtifactError: `source` holds no model, or `target` cannot be written.
    """
    options = config or FinetuneConfig()
    saved = load_model(source / MODEL_FILE)
    base = InferenceModel.load(source)
    rng = np.random.default_rng(seed)
    saved, bounded, added = _add_new_films(saved, facts or {}, [*histories, *replay], options)
    new, old = index_histories(histories, saved), index_histories(replay, saved)
    old = draw_replay(old, len_new=_count_predictions(new), options=options, rng=rng)
    batches = _batches([*new, *old], saved.model.config.max_seq_len, options, rng)
    loss_config = _choose_loss(base.card, saved.model.num_items)
    tuner = _Tuner(saved.model, loss_config, options, rng, bounded)
    report = tuner.run(batches, max_seconds=max_seconds, clock=clock)
    report = dataclasses.replace(report, new_films=added)
    people = {"new_people": len(new), "replayed_people": len(old)}
    card = {**base.card, "finetuning": {**people, **report.for_card()}}
    export_model(
        target, saved.model, saved.movie_ids, saved.popularity, card, rating_head=base.rating_head
    )
    return report


def _add_new_films(
    saved: SavedModel,
    facts: Mapping[int, FilmFacts],
    histories: Sequence[History],
    options: FinetuneConfig,
) -> tuple[SavedModel, BoundedRows | None, int]:
    """Return the network with a row for each film that deserves one, and what keeps them bounded.

    Popularity counts the people of `histories` who rated the new films.
    """
    watched = [history.movie_ids for history in histories]
    rated = np.unique(np.concatenate(watched)).tolist() if watched else []
    new_ids = choose_new_films(facts, saved.movie_ids, rated)
    if not len(new_ids):
        return saved, None, 0
    grown = grow_model(saved, start_new_films(saved, facts, new_ids))
    places = np.searchsorted(grown.movie_ids, new_ids)
    counts = count_raters(watched, new_ids)
    grown.popularity[places] = counts
    bounded = BoundedRows(grown.model, places - 1, counts, options.new_films)
    return grown, bounded, len(new_ids)


def index_histories(histories: Sequence[History], saved: SavedModel) -> list[NDArray[np.int64]]:
    """Return the tokens that the network reads of each history of at least two known films."""
    vocabulary, features = Vocabulary(saved.movie_ids), saved.model.config.token_features
    indexed = [history.tokens(vocabulary, features) for history in histories]
    return [tokens for tokens in indexed if len(tokens) > 1]


def draw_replay(
    replay: Sequence[NDArray[np.int64]],
    *,
    len_new: int,
    options: FinetuneConfig,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Return histories drawn without replacement until enough predictions stand beside the new."""
    wanted = max(options.min_replay, int(options.replay_ratio * len_new))
    drawn: list[NDArray[np.int64]] = []
    for place in rng.permutation(len(replay)):
        if wanted <= 0:
            break
        drawn.append(replay[place])
        wanted -= len(replay[place]) - 1
    return drawn


def _count_predictions(histories: Sequence[NDArray[np.int64]]) -> int:
    return sum(len(history) - 1 for history in histories)


def _batches(
    histories: list[NDArray[np.int64]],
    max_seq_len: int,
    options: FinetuneConfig,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    if not histories:
        return
    for _ in range(options.max_passes):
        yield from training_batches(
            histories, max_seq_len=max_seq_len, tokens_per_batch=options.tokens_per_batch, rng=rng
        )


def _choose_loss(card: dict[str, Any], num_items: int) -> LossConfig:
    """Return the loss of the full training where the card tells it: another would move scores.

    Failing that, full cross-entropy for a small catalogue and a sampled softmax for a large one.
    """
    if "loss" in card:
        known = {field.name for field in dataclasses.fields(LossConfig)}
        return LossConfig(**{name: card["loss"][name] for name in known & set(card["loss"])})
    if num_items <= SMALL_CATALOGUE:
        return LossConfig(kind="cross_entropy")
    return LossConfig(kind="sampled_softmax")


class _Tuner:
    """The network, its optimiser and its random numbers; takes one step a batch."""

    def __init__(
        self,
        model: SequenceTransformer,
        loss_config: LossConfig,
        options: FinetuneConfig,
        rng: np.random.Generator,
        bounded: BoundedRows | None = None,
    ) -> None:
        self.bounded = bounded
        torch.manual_seed(int(rng.integers(2**62)))  # dropout
        self.model, self.options, self.steps = model, options, 0
        self.rng = rng
        self.loss_config = loss_config
        self.optimiser = build_optimiser(
            model,
            TrainingConfig(learning_rate=options.learning_rate, weight_decay=options.weight_decay),
        )

    def run(
        self, batches: Iterator[Batch], *, max_seconds: float, clock: Callable[[], float]
    ) -> FinetuneReport:
        """Train until the batches or the seconds end."""
        started, losses = clock(), []
        self.model.train()
        for batch in batches:
            losses.append(self.take_step(batch))
            if clock() - started >= max_seconds:
                break
        self.model.eval()
        recent = losses[-20:] or [0.0]
        return FinetuneReport(self.steps, clock() - started, float(np.mean(recent)))

    def take_step(self, batch: Batch) -> float:
        """Return the batch's mean loss before the step."""
        warm = min(1.0, (self.steps + 1) / self.options.warmup_steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * warm
        seed = int(self.rng.integers(2**62))
        loss, _ = batch_loss(self.model, batch, self.loss_config, seed=seed)
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip)
        if self.bounded is not None:
            self.bounded.remember()
        self.optimiser.step()
        if self.bounded is not None:
            self.bounded.settle()
        self.steps += 1
        return float(loss.detach())
