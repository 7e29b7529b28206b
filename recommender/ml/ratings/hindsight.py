"""What would have been predicted for each rated film, had it alone never been watched.

Predicting every film of a history anew would solve one regression a film over all the others. The
sums that the closed form needs (see `inference`) are totals over the films, so those without one
film follow from running sums: films after it keep their weight, films before it are one film
younger. What comes out is what `RatingHead.predict` gives for the shortened history, to rounding.

Shapes use T rated or watched films, C coordinates, K films of which each is left out in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.ratings.forecast import StarForecast
from recommender.ml.ratings.inference import MAX_HISTORY, RatingHead

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class _Sums:
    """Totals over all films but one, for each one (K first): see `predict_each_without_itself`."""

    precision: Doubles  # (K, C, C), without the prior's
    pull: Doubles  # (K, C)
    squares: Doubles  # (K,)
    rated_weight: Doubles  # (K,)
    leaning: Doubles  # (K, C)


def predict_each_without_itself(
    head: RatingHead, history: NDArray[np.integer], stars: NDArray[np.floating]
) -> StarForecast:
    """Predict the stars of each film of `history` (T,) from the others alone.

    `history` holds the head's indices, oldest first, none of them 0; `stars` (T,) are NaN where a
    film was watched and not rated. As in `RatingHead.predict` the last 1,000 films are read: those
    before are predicted from later ones.
    """
    total = len(history)
    if not total:
        nothing = np.ones(0)
        return head.put_on_scale(nothing, nothing, share=nothing, num_rated=0)
    # All films beyond the reach of what is read leave out nothing: one place stands for them.
    first = max(0, total - MAX_HISTORY - 2)
    sums = _sum_without_each(head, history[first:], stars[first:].astype(np.float64))
    places = np.maximum(np.arange(total) - first, 0)
    centre, variance = _solve(head, sums, places, history)
    others = max(0, int((~np.isnan(stars[-MAX_HISTORY:])).sum()) - 1)
    share = _share_halves(head, stars[-MAX_HISTORY:], total)
    return head.put_on_scale(centre, variance, share=share, num_rated=others)


def _share_halves(head: RatingHead, read: NDArray[np.floating], total: int) -> NDArray[np.float64]:
    """Return (T,) how likely half stars are, by the others' stars; the last `read` are read."""
    given = read[~np.isnan(read)]
    share = np.full(total, head.share_of_halves(given))
    halves = np.flatnonzero(read % 1 == 0.5)
    if len(halves) == 1:  # the one half star there is says nothing of itself
        share[total - len(read) + halves[0]] = head.share_of_halves(given[given % 1 == 0])
    elif not len(halves) and len(given):
        share[total - len(read) :] = head.share_of_halves(given[1:])
    return share


def _sum_without_each(head: RatingHead, past: NDArray[np.integer], given: Doubles) -> _Sums:
    """Return the sums over `past` without each of its films in turn."""
    age = np.arange(len(past) - 1, -1, -1, dtype=np.float64)
    is_rated = ~np.isnan(given)
    x = head.loadings[past].astype(np.float64)
    left = np.where(is_rated, given - head.mean - head.bias[past], 0.0)
    inverse_noise = np.where(is_rated, 1.0 / head.noise[past], 0.0)
    scaled = x * inverse_noise[:, None]

    def total(terms: Doubles) -> Doubles:
        """Return (K, …) sums of terms (K, …), each film weighted by its age without film k."""
        shape = (-1,) + (1,) * (terms.ndim - 1)
        older = np.cumsum(terms * _weigh(head, age - 1).reshape(shape), axis=0)
        newer = np.cumsum((terms * _weigh(head, age).reshape(shape))[::-1], axis=0)[::-1]
        sums = np.zeros_like(terms)
        sums[1:] += older[:-1]
        sums[:-1] += newer[1:]
        return sums

    weight = total(np.ones(len(past)))
    leaning = total(head.leaning[past].astype(np.float64))
    return _Sums(
        precision=total(scaled[:, :, None] * x[:, None, :]),
        pull=total(scaled * left[:, None]),
        squares=total(inverse_noise * np.square(left)),
        rated_weight=total(is_rated.astype(np.float64)),
        leaning=leaning / (weight + head.watched_shrinkage)[:, None],
    )


def _weigh(head: RatingHead, age: Doubles) -> Doubles:
    """Return the weight of films by their age in films, 0 beyond what is read."""
    weight = (1 + np.maximum(age, 0.0) / head.age_scale) ** -head.age_power
    return np.where(age < MAX_HISTORY, weight, 0.0)


def _solve(
    head: RatingHead, sums: _Sums, places: NDArray[np.integer], history: NDArray[np.integer]
) -> tuple[Doubles, Doubles]:
    """Return centre and variance (T,) of each film by the sums at its place.

    With S the precision, b the pull and l the leaning, the regression around l has the posterior
    mean l + (I + S)^-1 (b - S l) = (I + S)^-1 (b + l), and leaves the misfit r'r + l'l - (b + l)'
    (I + S)^-1 (b + l).
    """
    covariance = np.linalg.inv(np.eye(sums.pull.shape[1]) + sums.precision)  # (K, C, C)
    toward = sums.pull + sums.leaning
    person = np.einsum("kab,kb->ka", covariance, toward)
    misfit = sums.squares + np.square(sums.leaning).sum(1) - (toward * person).sum(1)
    prior = head.spread_weight
    scatter = (prior + misfit) / (prior + sums.rated_weight)
    y = head.loadings[history].astype(np.float64)  # (T, C)
    centre = head.mean + head.bias[history] + (y * person[places]).sum(1)
    open_ = (np.einsum("tab,tb->ta", covariance[places], y) * y).sum(1)
    variance = head.noise_scale * head.noise[history] + head.doubt[history] + open_
    return centre, scatter[places] * variance
