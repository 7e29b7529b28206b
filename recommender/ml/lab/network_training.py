"""Training the network of a config for one question, and scoring with it in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import PADDING_IDX, Interactions, MovieInfo, Vocabulary
from recommender.ml.losses import score
from recommender.ml.optimisation import choose_device
from recommender.ml.sequences import pad_right
from recommender.ml.tokens import Watchings, count_items
from recommender.ml.training import Trainer
from recommender.ml.training_people import make_training_data, take_validation_people
from recommender.ml.transformer import SequenceTransformer


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
            features = self.model.config.token_features
            tokens = [features.make_row(histories[row], watchings, row) for row in filled]
            kept = [history[-limit:] for history in tokens]
            inputs = torch.from_numpy(pad_right(kept)).to(device)
            lengths = torch.tensor([len(history) for history in kept], device=device)
            hidden = self.model.encode_last(inputs, lengths).float()
            found = score(hidden, self.model.output_vectors(), self.model.bias)
            scores[filled, 1:] = found.cpu().numpy()
        scores[:, PADDING_IDX] = -np.inf
        return scores


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
    fit, validation = take_validation_people(
        train, fraction=config.data.validation_fraction, name=config.name
    )
    return Trainer(
        config,
        make_training_data(config, fit, validation, movies),
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
