"""From the people to train on to what a training reads: who validates, and the tokens of all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.splits import hold_out_validation_people
from recommender.ml.themes import ItemThemes
from recommender.ml.tokens import token_histories
from recommender.ml.training import TrainingData


def take_validation_people(
    people: Interactions, *, fraction: float, name: str
) -> tuple[Interactions, Interactions]:
    """Return (fit, validation): a stable `fraction` is taken off to validate on.

    Raises:
        TrainingError: One part has nobody; `name` says whose training it was to be.
    """
    fit, validation = hold_out_validation_people(people, fraction=fraction)
    if fit.num_people == 0 or validation.num_people == 0:
        raise TrainingError(
            f"{name}: {people.num_people} people are too few to train and validate on; "
            "give a larger data set or raise validation_fraction"
        )
    return fit, validation


def make_training_data(
    config: ExperimentConfig,
    fit: Interactions,
    validation: Interactions,
    movies: Mapping[int, MovieInfo] | None = None,
) -> TrainingData:
    """Return tokens as the network of a config reads them; `movies` give its themes."""
    vocabulary = Vocabulary.build(fit, min_ratings=config.data.min_ratings)
    features = config.model.token_features
    repeats = np.where(fit.has_true_times, config.data.clock_repeats, 1).astype(np.int64)
    return TrainingData(
        train=token_histories(fit, vocabulary, features),
        validation=token_histories(validation, vocabulary, features),
        movie_ids=vocabulary.movie_ids,
        themes=None if movies is None else ItemThemes.build(vocabulary.movie_ids, movies),
        repeats=repeats,
    )
