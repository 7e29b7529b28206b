"""What to show people of whom little is known: answers at the door, and a few films.

Nothing rated: how known a film is, how well liked, and how much its genres are those that were
chosen; films of a chosen genre before all others. One to four films: the Transformer, leaning a
little that way, and to the genres and era of those films. An age band, where somebody gave one,
shifts genres and eras as people of that age shifted them in MovieLens 1M. What was tried instead
is in docs/LOG.md, how well each does in docs/results/cold.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

AGE_BANDS = (1, 18, 25, 35, 45, 50, 56)
"""The youngest age of each band, as MovieLens 1M numbers them."""

MIDDLE_AGES = {1: 14, 18: 21, 25: 30, 35: 40, 45: 47, 50: 53, 56: 62}
GENRE_WEIGHT = 2.0
STARS_WEIGHT = 0.5
INSIDE = 20.0
ERA_YEARS = 15.0
MODEL_WEIGHT = 0.9
MOST_GENRES = 3
TABLE = Path(__file__).with_name("age_bands.json")


@dataclass(frozen=True)
class FilmTraits:
    """What is asked of every film: N of them, G genres.

    `counts` (N,) raters; `stars` (N,) float32 above or below the mean of all, shrunk to 0;
    `genres` (N, G) bool by `genre_names`; `years` (N,), 0 where unknown.
    """

    counts: NDArray[np.integer]
    stars: NDArray[np.float32]
    genres: NDArray[np.bool_]
    genre_names: tuple[str, ...]
    years: NDArray[np.integer]


def score_newcomer(
    films: FilmTraits,
    chosen: NDArray[np.int64],
    *,
    age_band: int | None = None,
    this_year: int = 2000,
) -> NDArray[np.float32]:
    """Return (N,) float32 for somebody who rated nothing: films of a chosen genre come first.

    Log popularity, stars, likeness to the chosen genres (columns of `films.genres`) and age; an
    `age_band` is one of AGE_BANDS, in `this_year`.
    """
    scores = _score_plain(films, age_band, this_year)
    if len(chosen):
        profile = np.zeros(films.genres.shape[1])
        profile[chosen] = 1.0
        scores += GENRE_WEIGHT * _likeness(films, profile)
        scores += INSIDE * films.genres[:, chosen].any(axis=1)
    return np.asarray(scores, dtype=np.float32)


def score_leaning(
    films: FilmTraits,
    chosen: NDArray[np.int64],
    liked: NDArray[np.int64],
    *,
    age_band: int | None = None,
    this_year: int = 2000,
) -> NDArray[np.float32]:
    """Return (N,) float32 for somebody with a few films, to be blended with the Transformer.

    As for a newcomer, but the films `liked` (rows) say as much of genres as answers do, and of the
    era too; nothing is put before all else.
    """
    profile = films.genres[liked].sum(axis=0).astype(np.float64)
    profile[chosen] += 1.0
    scores = _score_plain(films, age_band, this_year)
    scores += GENRE_WEIGHT * _likeness(films, profile)
    years = films.years[liked].astype(np.float32)
    years = years[years > 0]
    if len(years):
        # By year, not by film: there are about a hundred and thirty.
        each, place = np.unique(films.years.astype(np.float32), return_inverse=True)
        nearness = np.exp(-np.square((each[:, None] - years) / ERA_YEARS)).mean(axis=1)
        scores += np.log(0.25 + 0.75 * nearness)[place]
    return np.asarray(scores, dtype=np.float32)


def _score_plain(films: FilmTraits, age_band: int | None, this_year: int) -> NDArray[np.float32]:
    scores = np.log1p(films.counts.astype(np.float32)) + STARS_WEIGHT * films.stars
    if age_band is not None:
        scores = scores + score_age(films, age_band, this_year=this_year)
    return np.asarray(scores, dtype=np.float32)


def _likeness(films: FilmTraits, profile: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (N,) the cosine of each film's genres with a profile (G,); 0 where one has none."""
    length = np.linalg.norm(profile)
    if not length:
        return np.zeros(len(films.genres), dtype=np.float32)
    cosine = films.genres @ profile / (np.sqrt(_genre_counts(films)) * length)
    return np.asarray(cosine, dtype=np.float32)


def blend_few(
    model_scores: NDArray[np.float32],
    leaning: NDArray[np.float32],
    *,
    mask: NDArray[np.bool_] | None = None,
    weight: float = MODEL_WEIGHT,
) -> NDArray[np.float32]:
    """Mix the Transformer's scores (N,) with a newcomer's, for people with one to four films.

    Both are standardised over the films of `mask`; `weight` is the Transformer's. Films it does
    not know (-inf) keep -inf.
    """
    known = np.isfinite(model_scores)
    usable = known if mask is None else mask & known
    if not usable.any():
        return model_scores
    mixed = weight * standardise(model_scores, usable)
    mixed += (1.0 - weight) * standardise(leaning, usable)
    return np.where(known, mixed, -np.inf).astype(np.float32)


def score_age(films: FilmTraits, age_band: int, *, this_year: int) -> NDArray[np.float32]:
    """Return (N,) float32: by how much people of this age favour films, as a log ratio.

    The mean over a film's genres of the band's leaning to each, and a leaning by how old the
    person was when the film came out. Unknown genres and years lean nowhere.
    """
    table = load_age_table()
    place = AGE_BANDS.index(age_band)
    by_genre = np.array(
        [table["genres"].get(name, [0.0] * len(AGE_BANDS))[place] for name in films.genre_names],
        dtype=np.float32,
    )
    genre_part = films.genres @ by_genre / _genre_counts(films)
    curve = np.array(table["age_at_release"], dtype=np.float32)
    era_part = curve[release_bins(films.years, age_band, this_year=this_year)]
    return np.asarray(genre_part + np.where(films.years > 0, era_part, 0.0), dtype=np.float32)


def release_bins(years: NDArray[np.integer], age_band: int, *, this_year: int) -> NDArray[np.int64]:
    """Return (N,) 0..11: how old the band's middle was at a film's release, from -60 in tens."""
    age = years.astype(np.int64) - this_year + MIDDLE_AGES[age_band]
    return np.asarray(np.clip((age + 60) // 10, 0, 11), dtype=np.int64)


@lru_cache(maxsize=1)
def load_age_table() -> dict[str, Any]:
    """Return what `measure_ages` found on MovieLens 1M, as it ships."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def choose_genres(
    films: FilmTraits, watched: Sequence[int] | NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the columns of up to three genres that a history leans to, as its owner might answer.

    By the logarithm of a genre's share among the films `watched` (rows) over its share among all
    ratings, five films' worth of the latter mixed in; two films of a genre at least, and only
    genres that stand above their usual share.
    """
    rows = np.asarray(watched, dtype=np.int64)
    usual = (films.genres * films.counts[:, None]).sum(axis=0) / max(films.counts.sum(), 1)
    counts = films.genres[rows].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.log((counts + 5 * usual) / (len(rows) + 5) / usual)
    lift[(counts < 2) | ~np.isfinite(lift)] = -np.inf
    best = np.argsort(-lift, kind="stable")[:MOST_GENRES]
    return np.asarray(best[lift[best] > 0], dtype=np.int64)


def _genre_counts(films: FilmTraits) -> NDArray[np.int64]:
    return np.asarray(np.maximum(films.genres.sum(axis=1), 1), dtype=np.int64)


def standardise(values: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (N,) float32 values less the mean of those `usable` (N,), over their deviation.

    What is not finite counts as 0; where none is usable, all are 0.
    """
    if not usable.any():
        return np.zeros(len(values), dtype=np.float32)
    spread = values[usable].std()
    centred = np.where(np.isfinite(values), values, 0.0) - values[usable].mean()
    return np.asarray(centred / (spread if spread > 0 else 1.0), dtype=np.float32)
