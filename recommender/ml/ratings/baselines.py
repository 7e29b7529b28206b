"""Simple predictors of stars: the mean of all, the mean of a film, and user and item biases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recommender.ml.ratings.evaluation import StarPredictor, residual_deviation
from recommender.ml.ratings.factors import RatingMatrix, fit_biases
from recommender.ml.ratings.questions import RatingQuestion

ITEM_SHRINKAGES = (2.0, 5.0, 10.0, 20.0)
USER_SHRINKAGES = (3.0, 5.0, 8.0, 15.0)
ITEM_MEAN_SHRINKAGE = 5.0


def global_mean(ratings: RatingMatrix) -> StarPredictor:
    """Return the predictor that says the mean of all ratings, always."""
    mean = float(ratings.stars.mean())
    return StarPredictor("global mean", lambda question: np.full(len(question.targets), mean))


def item_mean(ratings: RatingMatrix) -> StarPredictor:
    """Return the predictor that says the film's own mean, shrunk by five ratings at that of all."""
    mean = float(ratings.stars.mean())
    left = np.bincount(ratings.item, ratings.stars - mean, ratings.num_items)
    means = mean + left / (ratings.item_counts + ITEM_MEAN_SHRINKAGE)
    return StarPredictor("item mean", lambda question: means[question.targets])


def bias_predictor(
    ratings: RatingMatrix, *, user_shrinkage: float, item_shrinkage: float
) -> StarPredictor:
    """Return mean + user bias + item bias (Koren 2010, section 2.1), both shrunk."""
    mean, item = fit_biases(ratings, user_shrinkage=user_shrinkage, item_shrinkage=item_shrinkage)

    def expect(question: RatingQuestion) -> NDArray[np.floating]:
        left = question.stars - mean - item[question.history]
        user = left.sum() / (len(left) + user_shrinkage)
        stars: NDArray[np.floating] = mean + item[question.targets] + user
        return stars

    name = f"user and item bias (shrunk by {user_shrinkage:g} and {item_shrinkage:g})"
    return StarPredictor(name, expect)


def tune_bias_predictor(
    ratings: RatingMatrix, questions: Sequence[RatingQuestion]
) -> StarPredictor:
    """Return the bias predictor whose shrinkages have the least error on these questions."""
    tried = [
        bias_predictor(ratings, user_shrinkage=user, item_shrinkage=item)
        for user, item in product(USER_SHRINKAGES, ITEM_SHRINKAGES)
    ]
    return min(tried, key=lambda predictor: residual_deviation(predictor, questions))
