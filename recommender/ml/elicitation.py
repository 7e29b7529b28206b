"""Which films to ask a newcomer about: those whose answers are expected to tell most of a taste.

Two things are unknown of somebody new, and a poster asks about both. What kind of viewer they are
shows in which films they have seen: K kinds are imagined from the model, each what it expects after
one anchor film, and "seen" or "not seen" tells them apart. How they like films shows in the stars:
the person vector of the rating head, normal before any answer. The worth of a poster is what it is
expected to tell, in nats: the mutual information of the answer and the kind (Lindley 1956, "On a
measure of the information provided by an experiment"), and, weighed by how likely the film is known
at all, that of the stars and the vector (MacKay 1992, "Information-based objective functions for
active data selection", section 4). The posters of a page are answered together, so each is worth
what it adds to those before it (BatchBALD: Kirsch et al. 2019, equations 8 and 12), and pages are
made anew from the answers. What this finds beside the best-known films is in docs/LOG.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.ml.ratings.inference import RatingHead

TASTES = 128
ANSWER_SHEETS = 24
ANCHOR_POOL = 2000
SEED = 0
MOST_KNOWN = 0.5
"""How many of all viewers are taken to have seen the film that most have."""

RAREST, SUREST = 1e-4, 0.97
TRUST = 0.3
"""How much of each answer counts: what a kind has seen hangs together more than the kinds say.

Told as if each film were seen apart from the others, a page of answers leaves one kind alone. So
evidence is tempered (Grünwald and van Ommen 2017, "Inconsistency of Bayesian inference for
misspecified linear models"), by as much as asked best on validation people.
"""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class LatentTastes:
    """K kinds of viewer and the F films that may be asked about.

    `seen` (K, F) float32 in (0, 1) is how likely a kind has seen a film; `genres` (K, G)
    float32 is how much of each genre the kind watches over what is usual, 1 where as much.
    """

    seen: Array
    genres: Array

    @cached_property
    def log_seen(self) -> Array:
        """Return log P(seen) (K, F)."""
        return np.log(self.seen)

    @cached_property
    def log_unseen(self) -> Array:
        """Return log P(not seen) (K, F)."""
        return np.log1p(-self.seen)

    @cached_property
    def entropy(self) -> Array:
        """Return how unsure the answer of a known kind still is (K, F), in nats."""
        return binary_entropy(self.seen)


@dataclass(frozen=True)
class StarQuestions:
    """What the rating head knows of the F films and of one person.

    `loadings` (F, C) and `noise` (F,) variances in stars; `covariance` (C, C) is how unsure the
    person's vector is after the stars they gave.
    """

    loadings: NDArray[np.floating]
    noise: NDArray[np.floating]
    covariance: NDArray[np.floating]


def ask_stars(
    head: RatingHead, *, rated: NDArray[np.integer], asked: NDArray[np.integer]
) -> StarQuestions:
    """Return what the head knows of the films `asked` (F,) and of somebody who gave `rated` (T,).

    All are indices of the head. Which stars were given does not matter to how unsure it is.
    """
    loadings = head.loadings[rated].astype(np.float64)  # (T, C)
    precision = np.eye(loadings.shape[1]) + (loadings / head.noise[rated][:, None]).T @ loadings
    noise = head.noise_scale * head.noise[asked] + head.doubt[asked]
    return StarQuestions(head.loadings[asked], noise, np.linalg.inv(precision))


def binary_entropy(probability: Array) -> Array:
    """Return the entropy in nats of yes or no, with probabilities inside (0, 1)."""
    other = 1 - probability
    return -(probability * np.log(probability) + other * np.log(other))


def draw_anchors(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return up to 128 films (rows of `counts`, raters), well-known ones likelier, none twice.

    By the root of the count, among the 2,000 best-known: by the count itself nearly all kinds of
    viewer would be the usual one.
    """
    pool = np.argsort(-counts, kind="stable")[:ANCHOR_POOL]
    pool = pool[counts[pool] > 0]
    weights = np.sqrt(counts[pool].astype(np.float64))
    rng = np.random.default_rng(SEED)
    size = min(TASTES, len(pool))
    return rng.choice(pool, size, replace=False, p=weights / weights.sum()) if size else pool


def imagine_tastes(
    scores: Array, counts: NDArray[np.integer], genres: NDArray[np.bool_], asked: NDArray[np.int64]
) -> LatentTastes:
    """Return the kinds of viewer behind the model's scores (K, N) after each anchor film.

    Of N films `counts` (N,) are the raters and `genres` (N, G) what they are; `asked` (F,) are the
    rows that may be asked about. A kind's films are the softmax of its scores. A film is known by
    as many as rated it, and by the more of a kind the oftener that watches it than all do:
    1 - (1 - known)^(over all). Films scored -inf are never watched.
    """
    likely = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
    likely /= likely.sum(axis=1, keepdims=True)  # (K, N)
    known = MOST_KNOWN * counts[asked] / max(int(counts.max()), 1)  # (F,)
    usual = np.maximum(likely.mean(axis=0)[asked], np.finfo(np.float64).tiny)
    seen = 1 - (1 - known) ** (likely[:, asked] / usual)
    shares = likely @ (genres / np.maximum(genres.sum(axis=1, keepdims=True), 1))  # (K, G)
    lift = shares / np.maximum(shares.mean(axis=0), 1e-9)
    return LatentTastes(
        seen=np.clip(seen, RAREST, SUREST).astype(np.float32), genres=lift.astype(np.float32)
    )


def weigh_tastes(
    tastes: LatentTastes,
    *,
    chosen: NDArray[np.int64],
    seen: NDArray[np.int64],
    unseen: NDArray[np.int64],
) -> Array:
    """Return (K,) how likely each kind is after what somebody answered; the sum is 1.

    `chosen` are columns of `tastes.genres`, `seen` and `unseen` columns of `tastes.seen`.
    """
    prior = tastes.genres[:, chosen].mean(axis=1) if len(chosen) else 1.0
    told = tastes.log_seen[:, seen].sum(axis=1) + tastes.log_unseen[:, unseen].sum(axis=1)
    return _normalise(np.log(np.maximum(prior, 1e-9)) + TRUST * told)


def expect_information(tastes: LatentTastes, beliefs: Array) -> Array:
    """Return (F,) nats: what "seen it" or "not" is expected to tell of the kind of viewer.

    `beliefs` (S, K) are what may be believed of the kinds when the question is put, each as likely
    as the others: the mean over them of H(answer) - H(answer | kind).
    """
    open_ = binary_entropy(np.clip(beliefs @ tastes.seen, RAREST, 1 - RAREST)).mean(axis=0)
    return np.asarray(open_ - beliefs.mean(axis=0) @ tastes.entropy, dtype=np.float32)


def expect_star_information(stars: StarQuestions, covariance: NDArray[np.floating]) -> Array:
    """Return (F,) nats: what the stars of a film, once given, tell of the person's vector.

    1/2 log(1 + x' C x / noise), for the vector is normal with this covariance (C, C).
    """
    spread = np.einsum("fc,cd,fd->f", stars.loadings, covariance, stars.loadings, optimize=True)
    return np.asarray(0.5 * np.log1p(spread / stars.noise), dtype=np.float32)


def update_covariance(
    covariance: NDArray[np.floating], loading: NDArray[np.floating], noise: float, weight: float = 1
) -> NDArray[np.float64]:
    """Return the covariance (C, C) once stars with this loading (C,) are in, `weight` times."""
    reach = covariance @ loading
    gained = weight / (noise + weight * float(loading @ reach))
    return np.asarray(covariance - gained * np.outer(reach, reach), dtype=np.float64)


def choose_films(
    tastes: LatentTastes,
    weights: Array,
    is_open: NDArray[np.bool_],
    *,
    count: int,
    stars: StarQuestions | None = None,
) -> list[int]:
    """Return up to `count` films to ask about at once, the most telling first.

    `weights` (K,) are how likely the kinds are, `is_open` (F,) says which films may be asked about.
    What the earlier films of the page will be answered is not known: it is drawn some times from
    what is believed. The same question gets the same films.
    """
    rng = np.random.default_rng(SEED)
    kinds = rng.choice(len(weights), ANSWER_SHEETS, p=weights / weights.sum(dtype=np.float64))
    evidence = np.tile(np.log(np.maximum(weights, 1e-30)), (ANSWER_SHEETS, 1))  # (S, K)
    beliefs = np.tile(weights, (ANSWER_SHEETS, 1))
    known = weights @ tastes.seen  # (F,)
    covariance: NDArray[np.floating] = np.zeros((0, 0)) if stars is None else stars.covariance
    is_free = is_open.copy()
    chosen: list[int] = []
    for _ in range(min(count, int(is_open.sum()))):
        worth = expect_information(tastes, beliefs)
        if stars is not None:
            worth = worth + known * expect_star_information(stars, covariance)
        film = int(np.argmax(np.where(is_free, worth, -np.inf)))
        chosen.append(film)
        is_free[film] = False
        is_seen = rng.random(ANSWER_SHEETS) < tastes.seen[kinds, film]
        told = np.where(is_seen[:, None], tastes.log_seen[:, film], tastes.log_unseen[:, film])
        evidence = evidence + told
        beliefs = _normalise(evidence)
        if stars is not None:
            loading, noise = stars.loadings[film], float(stars.noise[film])
            covariance = update_covariance(covariance, loading, noise, float(known[film]))
    return chosen


def _normalise(evidence: NDArray[np.floating]) -> Array:
    """Return probabilities (…, K) of log weights."""
    weights = np.exp(evidence - evidence.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), dtype=np.float32)
