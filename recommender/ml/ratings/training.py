"""From ratings to a rating head: films' factors from people to fit, scales from the others."""

from __future__ import annotations

import dataclasses
import logging
import time

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.ratings.calibration import calibrate
from recommender.ml.ratings.config import RatingConfig
from recommender.ml.ratings.factors import FactorFit, RatingFactors, RatingMatrix
from recommender.ml.ratings.inference import RatingHead
from recommender.ml.ratings.leaning import fit_leaning
from recommender.ml.ratings.questions import RatingQuestion, ask_along, ask_last
from recommender.ml.splits import hold_out_people

logger = logging.getLogger(__name__)

SHORTENED = ((0, 4), (5, 19), (20, 99))
SPARED_SALT = "rating/"


def calibration_questions(
    people: Interactions, vocabulary: Vocabulary, config: RatingConfig
) -> list[RatingQuestion]:
    """Ask people along the way, at the end, and at the end of shortened histories."""
    questions = ask_along(people, vocabulary, cuts=config.calibration_cuts, seed=config.seed)
    questions += ask_last(people, vocabulary)
    for turn, lengths in enumerate(SHORTENED):
        seed = config.seed + 1 + turn
        questions += ask_last(people, vocabulary, lengths=lengths, seed=seed)
    return questions


def fit_rating_head(
    train: Interactions,
    validation: Interactions,
    vocabulary: Vocabulary,
    item_vectors: NDArray[np.float32],
    config: RatingConfig,
) -> RatingHead:
    """Learn to predict stars; nobody of `validation` may be in `train`.

    `item_vectors` (V, D) are the trained network's, padding first. Scales are set on people that
    the factors beside them have not seen; factors are then fitted again, to all of `train`.

    Raises:
        TrainingError: There is nothing to learn from, or nobody to calibrate on.
    """
    started = time.monotonic()
    part, others = train, []
    if config.calibration_share:
        part, spared = hold_out_people(train, fraction=config.calibration_share, salt=SPARED_SALT)
        others = calibration_questions(spared, vocabulary, config)
    if part.num_people == 0:
        raise TrainingError(f"{train.num_people} people are too few to learn stars from")
    questions = calibration_questions(validation, vocabulary, config) + others
    scales = calibrate(fit_factors(part, vocabulary, item_vectors, config), questions, config)
    factors = fit_factors(train, vocabulary, item_vectors, config)
    seconds = time.monotonic() - started
    record = {
        "config": dataclasses.asdict(config),
        "people": train.num_people,
        "ratings": len(train),
        "calibration_people": validation.num_people + train.num_people - part.num_people,
        "calibration_answers": sum(len(question.targets) for question in questions),
        "log_likelihood": scales.log_likelihood,
        "seconds": round(seconds, 1),
    }
    logger.info("predicted stars: %s", {k: v for k, v in record.items() if k != "config"})
    return scales.head(factors, vocabulary.movie_ids, record)


def fit_factors(
    interactions: Interactions,
    vocabulary: Vocabulary,
    item_vectors: NDArray[np.float32],
    config: RatingConfig,
) -> RatingFactors:
    """Fit films' biases, loadings, noise and leaning to people's ratings.

    Raises:
        TrainingError: No film is known.
    """
    ratings = RatingMatrix.build(interactions, vocabulary)
    fit = FactorFit(ratings, config)
    for _ in range(config.rounds):
        fit.step()
    person_means, _ = fit.posteriors()
    return fit.factors(fit_leaning(ratings, person_means, item_vectors, config))
