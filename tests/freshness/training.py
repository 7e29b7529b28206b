"""Full trainings up to a moment, each kept as a model folder so that none is made twice."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.ml.card import build_card, describe_people, identify_people
from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.export import export_model
from recommender.ml.lab.network_training import prepare_trainer
from recommender.ml.lab.result_keys import hash_code, hash_interactions, hash_movies, hash_values
from recommender.ml.tokens import count_items

logger = logging.getLogger(__name__)

TRAINING_MODULES = ("recommender.ml.lab.network_training", "recommender.ml.export")
COST = "freshness_cost"


@dataclass(frozen=True)
class Cost:
    """What something took: seconds by the clock, and of this process's CPU."""

    seconds: float
    cpu_seconds: float


class Stopwatch:
    """Counts from its making on."""

    def __init__(self) -> None:
        self.started, self.cpu_started = time.monotonic(), time.process_time()

    def read(self) -> Cost:
        """Return what was used since."""
        return Cost(time.monotonic() - self.started, time.process_time() - self.cpu_started)


@dataclass(frozen=True)
class FullModel:
    """The folder of a model trained in full, and what the training took."""

    folder: Path
    cost: Cost


@dataclass(frozen=True)
class ModelShelf:
    """Trains models of one config and keeps them in a folder, named by all they depend on."""

    folder: Path
    config: ExperimentConfig
    movies: Mapping[int, MovieInfo]

    def train_until(self, interactions: Interactions, moment: int) -> FullModel:
        """Return the model of all ratings before `moment`, trained now or found.

        Raises:
            TrainingError: The people are too few, or the loss became NaN or infinite.
            ArtifactError: The folder cannot be written.
        """
        train = interactions.select_rows(interactions.timestamp < moment)
        known = {
            "data": hash_interactions(train),
            "movies": hash_movies(self.movies),
            "config": dataclasses.asdict(self.config),
            "code": hash_code(TRAINING_MODULES),
        }
        target = self.folder / hash_values(known)
        card = target / "card.json"
        if not card.is_file():
            logger.info("training on %d ratings of %d people", len(train), train.num_people)
            self._train(train, target)
        return FullModel(target, Cost(**json.loads(card.read_text(encoding="utf-8"))[COST]))

    def _train(self, train: Interactions, target: Path) -> None:
        watch = Stopwatch()
        trainer = prepare_trainer(self.config, train, movies=self.movies)
        model = trainer.run()
        movie_ids = trainer.data.movie_ids
        popularity = count_items(trainer.data.train, len(movie_ids))
        parts = {"train": train}
        card = build_card(
            self.config,
            trainer,
            command="make freshness",
            data=describe_people(parts),
            people=identify_people(parts),
        )
        card[COST] = dataclasses.asdict(watch.read())
        export_model(target, model, movie_ids, popularity, card)
