"""What baselines that are trained by gradient descent share: the loop, and when to stop it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from recommender.ml.baselines.base import Baseline, count_ratings, watched_matrix, without_padding
from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.metrics import hit_rate, ndcg, rank_targets
from recommender.ml.splits import hold_out_validation_people
from recommender.ml.tokens import TokenFeatures, Watchings, token_histories
from recommender.ml.training_clock import read_minutes

NUM_TARGETS = 5
BATCH_PEOPLE = 256
COLUMNS = ("epoch", "train_loss", "hit_at_10", "ndcg_at_10", "minutes")

logger = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class NeuralBaseline(Baseline):
    """A network trained with Adam until it serves validation people no better.

    Validation people are taken off those it is fitted on, the same ones as for the networks of
    TOML configs; NDCG@10 of their last 5 movies says which epoch is kept, and `patience` epochs
    without a better one, `epochs`, or `max_minutes` end the training. Where the people are too
    few for that, the last epoch is kept. `num_threads` 0 leaves torch's own number. `record`
    tells of the training as plain JSON values.
    """

    embedding_dim: int = 64
    learning_rate: float = 1e-3
    batch_size: int = 8192
    epochs: int = 200
    patience: int = 10
    max_minutes: float | None = None
    num_threads: int = 0
    seed: int = 0
    network: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        """Refuse options that no training can have."""
        for option in (each for each in dataclasses.fields(self) if each.init):
            value = getattr(self, option.name)
            if isinstance(value, str) or (value is None and option.default is not None):
                raise ValueError(f"{option.name} must be a number, not {value!r}")
        for name in ("embedding_dim", "learning_rate", "batch_size", "epochs", "patience"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0")
        if self.max_minutes is not None and self.max_minutes <= 0:
            raise ValueError("max_minutes must be above 0")
        if self.num_threads < 0 or self.seed < 0:
            raise ValueError("num_threads and seed must be at least 0")

    @abstractmethod
    def build(self, watched: sparse.csr_matrix) -> nn.Module:
        """Return a network to train on who watched what: (P, V) float32 of 0 and 1."""

    @abstractmethod
    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        """Yield one epoch of losses, float32 scalars; a step is taken after each."""

    @abstractmethod
    def score_filled(self, histories: Sequence[NDArray[np.int32]]) -> Tensor:
        """Score all movies (B, V) for histories that have at least one; needs no gradients."""

    def freeze(self) -> None:
        """Compute what scoring needs from the weights as they now are."""

    def fit(self, interactions: Interactions, vocabulary: Vocabulary) -> Self:
        """Train; keep the weights of the best epoch.

        Raises:
            TrainingError: There is nobody to train on, or the loss became NaN or infinite.
        """
        self.vocabulary = vocabulary
        train, validation = hold_out_validation_people(interactions)
        watched = watched_matrix(train, vocabulary)
        if watched.nnz == 0:
            raise TrainingError(f"{self.name}: nobody to train on; give a larger data set")
        self.popularity = count_ratings(train, vocabulary)
        histories = token_histories(validation, vocabulary, TokenFeatures())
        asked = [h.astype(np.int32) for h in histories if len(h) > NUM_TARGETS]
        with _torch_threads(self.num_threads):
            torch.manual_seed(self.seed)
            self.network = self.build(watched)
            self._train(asked)
        return self

    @torch.no_grad()
    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - the time plays no part
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32; an empty one gets popularity."""
        scores = np.tile(self.popularity, (len(histories), 1))
        filled = [row for row, history in enumerate(histories) if len(history)]
        if filled:
            scores[filled] = self.score_filled([histories[row] for row in filled]).numpy()
        return without_padding(scores)

    def _train(self, asked: list[NDArray[np.int32]]) -> None:
        started, best_epoch, best = read_minutes("cpu"), 0, -1.0
        deadline = started + (math.inf if self.max_minutes is None else self.max_minutes)
        optimiser = torch.optim.Adam(self.network.parameters(), self.learning_rate, fused=True)
        table: list[dict[str, float]] = []
        for epoch in range(1, self.epochs + 1):
            loss = self._train_epoch(optimiser, epoch, deadline)
            self.freeze()
            hit, found = self._validate(asked)
            if found > best or not asked:
                best_epoch, best = epoch, found
                kept = {name: value.clone() for name, value in self.network.state_dict().items()}
            minutes = read_minutes("cpu") - started
            table.append(dict(zip(COLUMNS, (epoch, loss, hit, found, minutes), strict=True)))
            logger.info(
                "epoch %d: train loss %.4f, Hit@10 %.4f, NDCG@10 %.4f, %.2f min so far",
                *table[-1].values(),
            )
            if epoch - best_epoch >= self.patience or read_minutes("cpu") >= deadline:
                break
        self.network.load_state_dict(kept)
        self.freeze()
        self.record: dict[str, Any] = {
            "seed": self.seed,
            "epochs": len(table),
            "best_epoch": best_epoch,
            "minutes": table[-1]["minutes"],
            "parameters": sum(value.numel() for value in self.network.parameters()),
            "device": "cpu",
            "validation_ndcg@10": best if asked else None,
            "epoch_table": table,
        }

    def _train_epoch(self, optimiser: torch.optim.Adam, epoch: int, deadline: float) -> float:
        """Take the steps of one epoch, or as many as the time allows; return the mean loss."""
        total, steps = 0.0, 0
        for loss in self.losses(np.random.default_rng([self.seed, epoch])):
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            total, steps = total + float(loss.detach()), steps + 1
            if read_minutes("cpu") >= deadline:
                break
        if not math.isfinite(total):
            raise TrainingError(
                f"{self.name}: the loss became {total} in epoch {epoch}; lower learning_rate "
                f"(now {self.learning_rate})"
            )
        return total / steps

    def _validate(self, asked: list[NDArray[np.int32]]) -> tuple[float, float]:
        """Return Hit@10 and NDCG@10 of the last 5 movies, seen ones left out; 0 for nobody."""
        ranks: list[NDArray[np.int64]] = []
        for start in range(0, len(asked), BATCH_PEOPLE):
            batch = asked[start : start + BATCH_PEOPLE]
            seen = [history[:-NUM_TARGETS] for history in batch]
            scores = self.score(seen, None)
            for row, history in zip(scores, seen, strict=True):
                row[history] = -np.inf
            ranks.extend(rank_targets(scores, [history[-NUM_TARGETS:] for history in batch]))
        if not ranks:
            return 0.0, 0.0
        return float(hit_rate(ranks, 10).mean()), float(ndcg(ranks, 10).mean())


@contextlib.contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads inside, and as many as before afterwards; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
