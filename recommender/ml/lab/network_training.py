"""Training the network of a config for one question, and scoring with it in memory."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import PADDING_IDX, Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.losses import score
from recommender.ml.optimisation import choose_device
from recommender.ml.sequences import pad_right
from recommender.ml.splits import hold_out_validation_people
from recommender.ml.themes import ItemThemes
from recommender.ml.tokens import Watchings, count_items, token_histories
from recommender.ml.training import Trainer, TrainingData
from recommender.ml.transformer import SequenceTransformer

logger = logging.getLogger(__name__)


class NetworkRecommender:
    """A network in memory behind the interface of the baselines.

    `record` tells of its training: epochs, best epoch, minutes, parameters, seed, device and the
    validation NDCG@10 of the best epoch. `popularity` (V,) int64 counts who rated each film.
    """

    def __init__(
        self,
        model: SequenceTransformer,
        vocabulary: Vocabulary,
        popularity: NDArray[np.int64],
        record: dict[str, Any],
    ) -> None:
        self.name = str(record["config"])
        self.model, self.vocabulary = model.eval(), vocabulary
        self.popularity, self.record = popularity, record

    @property
    def origin(self) -> str:
        """Return in words how it came about."""
        return (
            f"trained for this table from {self.name}.toml, seed {self.record['seed']}: "
            f"best epoch {self.record['best_epoch']} of {self.record['epochs']}, "
            f"{self.record['minutes']:.1f} min"
        )

    @torch.no_grad()
    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32; an empty one gets popularity."""
        scores = np.tile(self.popularity.astype(np.float32), (len(histories), 1))
        filled = [row for row, history in enumerate(histories) if len(history)]
        if filled:
            device, limit = self.model.items.device, self.model.config.max_seq_len
            kept = [self._read(histories[row], watchings, row)[-limit:] for row in filled]
            inputs = torch.from_numpy(pad_right(kept)).to(device)
            lengths = torch.tensor([len(history) for history in kept], device=device)
            hidden = self.model.encode_last(inputs, lengths).float()
            found = score(hidden, self.model.output_vectors(), self.model.bias)
            scores[filled, 1:] = found.cpu().numpy()
        scores[:, PADDING_IDX] = -np.inf
        return scores

    def _read(
        self, history: NDArray[np.int32], watchings: Watchings | None, row: int
    ) -> NDArray[np.int64]:
        """Return the tokens of a history, with what this network reads of its watchings."""
        return self.model.config.token_features.make_tokens(
            history,
            stars=watchings.stars[row] if watchings else None,
            timestamps=watchings.timestamps[row] if watchings else None,
        )


def prepare_trainer(
    config: ExperimentConfig,
    train: Interactions,
    *,
    checkpoint: Path | None = None,
    device: str = "cpu",
    show_progress: bool = False,
    movies: Mapping[int, MovieInfo] | None = None,
) -> Trainer:
    """Take validation people off `train` and make ready to train on the others.

    With a `checkpoint` the run goes on from that file where it exists, and keeps it up to date;
    `movies` gives genres to configs that use them.

    Raises:
        TrainingError: The people are too few.
        ArtifactError: The checkpoint is broken or of another run.
    """
    fit, validation = hold_out_validation_people(train, fraction=config.data.validation_fraction)
    if fit.num_people == 0 or validation.num_people == 0:
        raise TrainingError(
            f"{config.name}: {train.num_people} people are too few to train and validate on; "
            "give a larger data set or raise validation_fraction"
        )
    vocabulary = Vocabulary.build(fit, min_ratings=config.data.min_ratings)
    features = config.model.token_features
    data = TrainingData(
        train=token_histories(fit, vocabulary, features),
        validation=token_histories(validation, vocabulary, features),
        movie_ids=vocabulary.movie_ids,
        themes=None if movies is None else ItemThemes.build(vocabulary.movie_ids, movies),
    )
    return Trainer(
        config,
        data,
        device=choose_device(device),
        checkpoint=checkpoint,
        show_progress=show_progress,
    )


def train_network(trainer: Trainer) -> NetworkRecommender:
    """Train to the end and return the network with its best epoch's weights.

    Raises:
        TrainingError: The loss became NaN or infinite.
        ArtifactError: The checkpoint cannot be written.
    """
    model = trainer.run().to(trainer.device)
    movie_ids = trainer.data.movie_ids
    popularity = count_items(trainer.data.train, len(movie_ids))
    return NetworkRecommender(model, Vocabulary(movie_ids), popularity, describe_training(trainer))


def describe_training(trainer: Trainer) -> dict[str, Any]:
    """Return what tables tell of a finished training, as plain JSON values."""
    best = trainer.best_record
    return {
        "config": trainer.config.name,
        "seed": trainer.config.training.seed,
        "epochs": len(trainer.records),
        "best_epoch": best.epoch,
        "minutes": sum(record.minutes for record in trainer.records),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "device": trainer.device.type,
        "validation_ndcg@10": best.ndcg_at_10,
        "epoch_table": [dataclasses.asdict(record) for record in trainer.records],
    }
