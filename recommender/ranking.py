"""Ordering films: pure numpy over the catalogue's positions (C of them), no database, no model."""

from dataclasses import dataclass

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from recommender.answers import Filters, HistoryItem, Taste
from recommender.catalogue_arrays import CatalogueArrays
from recommender.ml.cold import people as cold_people
from recommender.ml.cold.people import FilmTraits, score_newcomer
from recommender.ml.diversity import DIVERSITY, diversify_order

# From so many films on the Transformer decides alone.
FULL_HISTORY = 5
USER_SHRINKAGE = 10.0
ANY_YEAR = 32_767


@dataclass(frozen=True)
class RankedFilms:
    """Films in the order shown: `positions` (N,) in the catalogue, `scores` (N,) float32.

    The first `num_fits` are known to be inside the filters, those behind them are not; None where
    all are.
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float32]
    num_fits: int | None = None


def make_eligible_mask(
    catalogue: CatalogueArrays, *, taste: Taste, filters: Filters, allows_unknown: bool = False
) -> NDArray[np.bool_]:
    """Return (C,) bool, True where a film may be shown: not seen, not hidden, inside the filters.

    Every film of the history counts as seen, whatever its stars. A film whose length is not known
    is inside every length. One whose genre or year is not known, or of which nobody knows where it
    can be watched, is inside what is asked of these if `allows_unknown`.
    """
    mask = np.ones(len(catalogue.movie_ids), dtype=np.bool_)
    if filters.genre_ids:
        wanted = catalogue.genre_columns(filters.genre_ids)
        fits = catalogue.genres[:, wanted].any(axis=1)
        mask &= (fits | catalogue.lacks_genre) if allows_unknown else fits
    if filters.excluded_genre_ids:
        unwanted = catalogue.genre_columns(filters.excluded_genre_ids)
        mask &= ~catalogue.genres[:, unwanted].any(axis=1)
    if (years := _find_years(filters, taste)) is not None:
        fits = (catalogue.years >= years[0]) & (catalogue.years <= years[1])
        mask &= (fits | (catalogue.years == 0)) if allows_unknown else fits
    if filters.max_runtime is not None:
        mask &= catalogue.runtimes <= filters.max_runtime  # 0 where it is not known
    if filters.service_ids:
        has = catalogue.services.may_be_on if allows_unknown else catalogue.services.is_on
        mask &= has(filters.service_ids)
    # The genres that somebody never wants, but for those asked for this time.
    if excluded := set(taste.excluded_genre_ids).difference(filters.genre_ids):
        mask &= ~catalogue.genres[:, catalogue.genre_columns(excluded)].any(axis=1)
    gone = [item.movie_id for item in taste.history] + list(taste.hidden_movie_ids)
    positions = catalogue.positions_of(gone)
    mask[positions[positions >= 0]] = False
    return mask


def _find_years(filters: Filters, taste: Taste) -> tuple[int, int] | None:
    """Return the first and last year asked for this time, else wished for always, if any."""
    if filters.min_year is not None or filters.max_year is not None:
        last = ANY_YEAR if filters.max_year is None else filters.max_year
        return max(filters.min_year or 0, 1), last
    if taste.dials.last_years:
        return timezone.now().year - taste.dials.last_years + 1, ANY_YEAR
    return None


def find_doubtful(
    catalogue: CatalogueArrays, *, taste: Taste, filters: Filters, mask: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Return (C,) bool, True where only what is not known of a film keeps it out of `mask`.

    That is its genre, its year or where it can be watched. None where none of them is asked for.
    """
    asks = filters.genre_ids or filters.service_ids or _find_years(filters, taste)
    if not asks:
        return None
    allowed = make_eligible_mask(catalogue, taste=taste, filters=filters, allows_unknown=True)
    return allowed & ~mask


def score_popularity(
    catalogue: CatalogueArrays,
    favourite_genre_ids: tuple[int, ...],
    *,
    age_band: int | None = None,
) -> NDArray[np.float32]:
    """Return (C,) what somebody new is shown by: popularity, within the genres chosen.

    Films of a chosen genre come first, and among them those whose genres are mostly the chosen
    ones gain; an age band shifts the order as `ml.cold.people` says. Where nothing was answered,
    plain popularity (0 to 1).
    """
    columns = catalogue.genre_columns(favourite_genre_ids)
    if not len(columns) and age_band is None:
        return catalogue.popularity
    year = timezone.now().year
    return score_newcomer(_traits(catalogue), columns, age_band=age_band, this_year=year)


def score_leaning(
    catalogue: CatalogueArrays, *, taste: Taste, liked_positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return (C,) what is near to a few films: blended with the Transformer, or without a model."""
    return cold_people.score_leaning(
        _traits(catalogue),
        catalogue.genre_columns(taste.favourite_genre_ids),
        liked_positions,
        age_band=taste.age_band,
        this_year=timezone.now().year,
    )


def _traits(catalogue: CatalogueArrays) -> FilmTraits:
    return FilmTraits(
        counts=catalogue.rating_count,
        stars=catalogue.item_bias,
        genres=catalogue.genres,
        genre_names=catalogue.genre_names,
        years=catalogue.years,
    )


def complete(scores: NDArray[np.float32], popularity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give films the model does not know scores just below its lowest, the popular ones first."""
    if not len(scores) or np.isfinite(scores.min()):
        return scores
    known = np.isfinite(scores)
    lowest = scores[known].min(initial=0.0)
    return np.where(known, scores, lowest - 2.0 + popularity).astype(np.float32)


def take_top(scores: NDArray[np.float32], mask: NDArray[np.bool_], *, depth: int) -> RankedFilms:
    """Return the best films that may be shown, at most `depth`; equal scores by catalogue order.

    The scores alone are partitioned: half the time of an argpartition, whose indices are long.
    """
    offered, is_offered = scores[mask], mask
    if len(offered) > depth:
        lowest = np.partition(offered, len(offered) - depth)[len(offered) - depth]
        if np.isfinite(lowest):
            is_offered = mask & (scores >= lowest)
    eligible = np.flatnonzero(is_offered)
    order = np.argsort(-scores[eligible], kind="stable")[:depth]
    positions = eligible[order]
    return RankedFilms(positions=positions, scores=scores[positions])


def put_behind(first: RankedFilms, last: RankedFilms) -> RankedFilms:
    """Return the films of two rankings, those that fit before those of which it is not known."""
    return RankedFilms(
        positions=np.concatenate([first.positions, last.positions]),
        scores=np.concatenate([first.scores, last.scores]),
        num_fits=len(first.positions),
    )


def diversify(
    ranked: RankedFilms, vectors: NDArray[np.float32], *, share: float = DIVERSITY
) -> RankedFilms:
    """Reorder the first films so that near copies stand apart; the rest keep their order.

    `vectors` (P, D) are unit vectors of the first P films, zero where a film has none; `share` is
    the likeness' part of the trade, 0 to 1.
    """
    size = len(vectors)
    order = np.arange(len(ranked.positions))
    order[:size] = diversify_order(ranked.scores[:size], vectors, share=share)
    return RankedFilms(positions=ranked.positions[order], scores=ranked.scores[order])


def estimate_user_bias(catalogue: CatalogueArrays, history: tuple[HistoryItem, ...]) -> float:
    """Return how far above the films' own means this person rates, in stars, shrunk by 10 ratings.

    The user's half of the bias predictor mean + item bias + user bias (Koren 2010, section 2.1).
    """
    rated = [item for item in history if item.stars is not None]
    positions = catalogue.positions_of([item.movie_id for item in rated])
    stars = np.array([item.stars for item in rated], dtype=np.float32)[positions >= 0]
    expected = catalogue.mean_rating + catalogue.item_bias[positions[positions >= 0]]
    return float((stars - expected).sum() / (len(stars) + USER_SHRINKAGE))


def predict_ratings(
    catalogue: CatalogueArrays, positions: NDArray[np.int64], *, user_bias: float
) -> NDArray[np.float32]:
    """Return the stars this person would give, 0.5 to 5.0: mean + item bias + user bias."""
    stars = catalogue.mean_rating + catalogue.item_bias[positions] + user_bias
    return np.asarray(np.clip(stars, 0.5, 5.0), dtype=np.float32)
