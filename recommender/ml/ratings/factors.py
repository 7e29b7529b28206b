"""Learning what films are like from the stars they got: factor analysis with missing ratings.

A rating is mean + film's bias + film's loadings · person + noise, where a person is a vector drawn
from a standard normal: its first coordinate, whose loading is the same for every film, is how
generous the person is. Loadings and noise are fitted by expectation-maximisation (Ghahramani &
Hinton 1996; Roweis 1998 for missing values), which needs no learning rate and sees every person's
posterior exactly, so somebody never trained on is read just as everyone was in training.

Shapes use P people, V films (index 0 is padding), N ratings, K factors, C = K + 1 coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.errors import TrainingError
from recommender.ml.ratings.config import RatingConfig

Array = NDArray[np.float32]
FIRST_NOISE = 0.75
LEAST_NOISE = 0.01
FIRST_GENEROSITY = 0.4
FIRST_SPREAD = 0.1
BIAS_ROUNDS = 12


@dataclass(frozen=True)
class RatingMatrix:
    """Ratings as triples: `person` (N,), `item` (N,) item_idx above 0, `stars` (N,) float32."""

    person: NDArray[np.int64]
    item: NDArray[np.int64]
    stars: Array
    num_people: int
    num_items: int

    @classmethod
    def build(cls, interactions: Interactions, vocabulary: Vocabulary) -> RatingMatrix:
        """Take the ratings of films that the vocabulary knows.

        Raises:
            TrainingError: There is none.
        """
        item = vocabulary.index_of(interactions.movie_id).astype(np.int64)
        known = item > 0
        if not known.any():
            raise TrainingError("there are no ratings of known films to learn stars from")
        return cls(
            person=interactions.person[known].astype(np.int64),
            item=item[known],
            stars=interactions.rating[known].astype(np.float32),
            num_people=interactions.num_people,
            num_items=len(vocabulary),
        )

    @property
    def item_counts(self) -> NDArray[np.int64]:
        """Return (V,) ratings of each film."""
        return np.bincount(self.item, minlength=self.num_items).astype(np.int64)


@dataclass(frozen=True)
class RatingFactors:
    """What was learnt of films.

    `mean` of all ratings; `bias` (V,); `loadings` (V, C), the first column alike in every row;
    `noise` (V,) variance of a rating about its expectation; `doubt` (V,) variance of the bias
    itself, large for films with few ratings; `leaning` (V, C) what having watched a film says of
    a person, see `rating_leaning`. Index 0 is a film nobody rated.
    """

    mean: float
    bias: Array
    loadings: Array
    noise: Array
    doubt: Array
    leaning: Array


def fit_biases(
    ratings: RatingMatrix, *, user_shrinkage: float, item_shrinkage: float
) -> tuple[float, Array]:
    """Return the mean and film biases (V,) of mean + user bias + item bias, by alternating ridge.

    Each bias is the sum of what is left over (count + shrinkage): Koren 2010, section 2.1.
    """
    mean = float(ratings.stars.mean())
    left = ratings.stars.astype(np.float64) - mean
    user = np.zeros(ratings.num_people)
    item = np.zeros(ratings.num_items)
    user_counts = np.bincount(ratings.person, minlength=ratings.num_people)
    item_counts = ratings.item_counts
    for _ in range(BIAS_ROUNDS):
        sums = np.bincount(ratings.item, left - user[ratings.person], ratings.num_items)
        item = sums / (item_counts + item_shrinkage)
        sums = np.bincount(ratings.person, left - item[ratings.item], ratings.num_people)
        user = sums / (user_counts + user_shrinkage)
    return mean, item.astype(np.float32)


class FactorFit:
    """One fit: `step` is a round of expectation and maximisation, `factors` what it has found."""

    def __init__(self, ratings: RatingMatrix, config: RatingConfig) -> None:
        self.ratings, self.config = ratings, config
        self.counts = ratings.item_counts
        rng = np.random.default_rng(config.seed)
        self.mean, self.bias = fit_biases(
            ratings, user_shrinkage=8.0, item_shrinkage=config.bias_shrinkage
        )
        draws = rng.normal(0, FIRST_SPREAD, (ratings.num_items, config.num_factors))
        support = np.sqrt(self.counts / (self.counts + 10.0))[:, None]
        first = np.full((ratings.num_items, 1), FIRST_GENEROSITY)
        self.loadings: Array = np.hstack([first, draws * support]).astype(np.float32)
        self.noise: Array = np.full(ratings.num_items, FIRST_NOISE, np.float32)
        self.error = float("nan")
        ones = np.ones(len(ratings.item), np.float32)
        self._seen = self._matrix(ones)  # (P, V)

    def _matrix(self, values: Array) -> sparse.csr_matrix:
        shape = (self.ratings.num_people, self.ratings.num_items)
        return sparse.csr_matrix((values, (self.ratings.person, self.ratings.item)), shape=shape)

    def step(self) -> float:
        """Do one round; return the root mean squared error left on the ratings fitted to."""
        means, covariances = self.posteriors()
        self._fit_items(means, covariances)
        self._fit_noise(means, covariances)
        second = (means**2).mean(axis=0) + covariances.diagonal(axis1=1, axis2=2).mean(axis=0)
        self.loadings *= np.sqrt(second)  # people keep unit variance, films carry the scale
        return self.error

    def posteriors(self) -> tuple[Array, Array]:
        """Return the posterior mean (P, C) and covariance (P, C, C) of everyone."""
        people, size = self.ratings.num_people, self.loadings.shape[1]
        outer = np.einsum("va,vb->vab", self.loadings, self.loadings / self.noise[:, None])
        precision = (self._seen @ outer.reshape(-1, size * size)).reshape(people, size, size)
        precision += np.eye(size, dtype=np.float32)
        left = self.ratings.stars - self.mean - self.bias[self.ratings.item]
        pull = self._matrix(left / self.noise[self.ratings.item]) @ self.loadings  # (P, C)
        covariances = np.linalg.inv(precision).astype(np.float32)
        return np.einsum("pab,pb->pa", covariances, pull).astype(np.float32), covariances

    def _fit_items(self, means: Array, covariances: Array) -> None:
        """Solve each film's bias and factors: ridge regression on [1, the people's factors]."""
        generosity = float(self.loadings[0, 0])
        size = means.shape[1]
        regressors = np.hstack([np.ones((len(means), 1), np.float32), means[:, 1:]])
        moments = np.einsum("pa,pb->pab", regressors, regressors)
        moments[:, 1:, 1:] += covariances[:, 1:, 1:]
        crossed = means[:, :1] * regressors
        crossed[:, 1:] += covariances[:, 0, 1:]
        raters = self._seen.T.tocsr()  # (V, P)
        gram = (raters @ moments.reshape(len(means), -1)).reshape(-1, size, size)
        shrinkage = np.full(size, self.config.factor_shrinkage, np.float32)
        shrinkage[0] = self.config.bias_shrinkage
        gram += np.diag(shrinkage)
        target = self._matrix(self.ratings.stars - self.mean).T.tocsr() @ regressors
        target -= generosity * (raters @ crossed)
        solved = np.linalg.solve(gram, target[:, :, None])[:, :, 0]
        self.bias = solved[:, 0].astype(np.float32)
        self.loadings[:, 1:] = solved[:, 1:]

    def _fit_noise(self, means: Array, covariances: Array) -> None:
        """Estimate each film's noise: what is left, and what the posteriors leave open."""
        ratings = self.ratings
        loadings = self.loadings[ratings.item]
        expected = self.mean + self.bias[ratings.item]
        expected = expected + np.einsum("na,na->n", loadings, means[ratings.person])
        squares = (ratings.stars - expected) ** 2
        every = slice(None, None, max(1, len(squares) // 100_000))  # a mean needs no more
        open_ = np.einsum(
            "na,nab,nb->n", loadings[every], covariances[ratings.person[every]], loadings[every]
        ).mean()
        self.error = float(np.sqrt(squares.mean()))
        sums = np.bincount(ratings.item, squares, ratings.num_items) + open_ * self.counts
        pull = self.config.noise_shrinkage
        overall = squares.mean() + open_
        noise = (sums + pull * overall) / (self.counts + pull)
        self.noise = np.maximum(noise, LEAST_NOISE).astype(np.float32)

    def factors(self, leaning: Array) -> RatingFactors:
        """Return what has been learnt so far, with the `leaning` (V, C) that goes with it."""
        doubt = (self.noise / (self.counts + self.config.bias_shrinkage)).astype(np.float32)
        return RatingFactors(self.mean, self.bias, self.loadings, self.noise, doubt, leaning)
