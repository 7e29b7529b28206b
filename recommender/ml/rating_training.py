"""From ratings to a rating head: films' factors from people to fit, scales from the others."""

from __future__ import annotations

import dataclasses
import logging
import time

from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.rating_calibration import calibrate
from recommender.ml.rating_config import RatingConfig
from recommender.ml.rating_factors import RatingMatrix, fit_factors
from recommender.ml.rating_inference import RatingHead
from recommender.ml.rating_questions import RatingQuestion, ask_along, ask_last

logger = logging.getLogger(__name__)

SHORTENED = ((0, 4), (5, 19), (20, 99))


def calibration_questions(
    validation: Interactions, vocabulary: Vocabulary, config: RatingConfig
) -> list[RatingQuestion]:
    """Ask validation people along the way, at the end, and at the end of shortened histories."""
    questions = ask_along(validation, vocabulary, cuts=config.calibration_cuts, seed=config.seed)
    questions += ask_last(validation, vocabulary)
    for turn, lengths in enumerate(SHORTENED):
        seed = config.seed + 1 + turn
        questions += ask_last(validation, vocabulary, lengths=lengths, seed=seed)
    return questions


def fit_rating_head(
    train: Interactions, validation: Interactions, vocabulary: Vocabulary, config: RatingConfig
) -> RatingHead:
    """Learn to predict stars; nobody of `validation` may be in `train`.

    Raises:
        TrainingError: There is nothing to learn from, or nobody to calibrate on.
    """
    started = time.monotonic()
    ratings = RatingMatrix.build(train, vocabulary)
    factors = fit_factors(ratings, config)
    questions = calibration_questions(validation, vocabulary, config)
    head = calibrate(factors, questions, vocabulary.movie_ids, config)
    seconds = time.monotonic() - started
    record = {
        **head.record,
        "config": dataclasses.asdict(config),
        "people": train.num_people,
        "ratings": len(ratings.item),
        "validation_people": validation.num_people,
        "seconds": round(seconds, 1),
    }
    logger.info(
        "predicted stars: %d ratings of %d people, log-likelihood %.4f on validation, %.0f s",
        len(ratings.item),
        train.num_people,
        head.record["log_likelihood"],
        seconds,
    )
    return dataclasses.replace(head, record=record)
