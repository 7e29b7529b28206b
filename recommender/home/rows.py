"""Rows of the home page beyond the ranking itself: people, gems, genres, films to see again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from catalog.selectors import is_genre
from recommender import ranking
from recommender.answers import NO_FILTERS, HomeRow, Reason, Recommendation
from recommender.home.draft import MIN_ROW_FILMS, ROW_FILMS, SPARE_FILMS, HomeDraft
from recommender.home.reading import LikedCredit
from recommender.recommending import present_films

MAX_GENRE_ROWS = 3
# So far above a person's mean a little-known film must be predicted to be a find.
GEM_MARGIN = 0.2
MIN_GENRE_FILMS = 3
GENRE_SHRINKAGE = 5.0
EMPTY = HomeRow("", "", "", ())


def make_people_row(draft: HomeDraft, credits: Sequence[LikedCredit]) -> HomeRow:
    """Return unseen films by and with people of whom several films were rated well."""
    best: dict[int, LikedCredit] = {}
    for credit in credits:
        best.setdefault(credit.movie_id, credit)
    places = [
        index
        for index in draft.find_unused()
        if int(draft.whole.movie_ids[index]) in best
        and not draft.scale.is_lukewarm(draft.predicted[index])
    ]
    if len(places) < MIN_ROW_FILMS:
        return EMPTY
    reasons = [(_explain_credit(best[int(draft.whole.movie_ids[index])]),) for index in places]
    return HomeRow(
        "people",
        _("New to you from people you like"),
        _("Directors and leading actors of several films that you rated well."),
        draft.put(places, reasons=reasons),
    )


def _explain_credit(credit: LikedCredit) -> Reason:
    text = (
        _("By %(name)s: you liked %(count)d of their films")
        if credit.is_director
        else _("With %(name)s: you liked %(count)d of their films")
    )
    return Reason("made_by", text % {"name": credit.person, "count": credit.num_liked}, None)


def make_hidden_gems(draft: HomeDraft) -> HomeRow:
    """Return films that few have rated and that should be clearly above the person's mean."""
    counts = draft.snapshot.catalogue.rating_count
    few = draft.snapshot.catalogue.few_ratings
    if not draft.taste.history or not few:
        return EMPTY
    theirs = counts[draft.positions]
    wanted = draft.scale.mean + GEM_MARGIN
    places = [
        index
        for index in draft.find_unused()
        if theirs[index] <= few
        and (stars := draft.predicted[index]) is not None
        and stars.expected >= wanted
    ]
    if len(places) < MIN_ROW_FILMS:
        return EMPTY
    text = _("Rated by few people, and predicted to be clearly above what you give on average.")
    return HomeRow("gems", _("Hidden gems"), text, draft.put(places))


def make_rewatch_row(draft: HomeDraft, rewatchable: Sequence[tuple[int, float]]) -> HomeRow:
    """Return films the person rated best, more than a year ago; the score is the stars given.

    What is wished for always holds here too, as far as genre and year are known. `rewatchable` has
    none that are hidden: a taste keeps these and films of the diary together.
    """
    catalogue = draft.snapshot.catalogue
    known = catalogue.positions_of([movie_id for movie_id, _stars in rewatchable])
    wishes = replace(draft.taste, history=(), hidden_movie_ids=frozenset())
    wanted = ranking.make_eligible_mask(
        catalogue, taste=wishes, filters=NO_FILTERS, allows_unknown=True
    )
    items = [
        Recommendation(rank=1, movie_id=movie_id, score=stars, predicted_rating=None)
        for (movie_id, stars), position in zip(rewatchable, known.tolist(), strict=True)
        if position >= 0 and wanted[position]
    ]
    if len(items) < MIN_ROW_FILMS:
        return EMPTY
    text = _("Among your best rated, and more than a year ago.")
    return HomeRow("rewatch", _("Worth seeing again"), text, tuple(items[:ROW_FILMS]))


@dataclass(frozen=True, slots=True)
class _GenreChoice:
    column: int
    explanation: str


def make_genre_rows(draft: HomeDraft) -> list[HomeRow]:
    """Return what is popular in the genres chosen, else in those liked most, else the greatest."""
    catalogue = draft.snapshot.catalogue
    choices = _choose_genres(draft)[:MAX_GENRE_ROWS]
    # What is wished for always leaves none of these genres out, so one mask does for all.
    mask = ranking.make_eligible_mask(catalogue, taste=draft.taste, filters=NO_FILTERS)
    shown = catalogue.positions_of(sorted(draft.used))
    mask[shown[shown >= 0]] = False
    found: list[ranking.RankedFilms] = []
    for choice in choices:
        has_genre = mask & catalogue.genres[:, choice.column]
        best = ranking.take_top(catalogue.popularity, has_genre, depth=ROW_FILMS + SPARE_FILMS)
        mask[best.positions] = False
        found.append(best)
    items = _present_all(draft, found)
    draft.used.update(item.movie_id for films in items for item in films)
    return [
        HomeRow(
            f"genre-{catalogue.genre_ids[choice.column]}",
            _("Popular in %(genre)s") % {"genre": _(catalogue.genre_names[choice.column])},
            choice.explanation,
            films,
        )
        for choice, films in zip(choices, items, strict=True)
    ]


def _present_all(
    draft: HomeDraft, rows: Sequence[ranking.RankedFilms]
) -> list[tuple[Recommendation, ...]]:
    """Present the films of several rows: the stars of all are predicted in one go."""
    if not rows:
        return []
    positions = np.concatenate([row.positions for row in rows])
    presented = iter(
        present_films(
            draft.snapshot,
            taste=draft.taste,
            movie_ids=draft.snapshot.catalogue.movie_ids[positions].tolist(),
            scores=np.concatenate([row.scores for row in rows]).tolist(),
        )
    )
    return [
        tuple(replace(item, rank=number) for number, item in enumerate(islice(presented, size), 1))
        for size in [len(row.positions) for row in rows]
    ]


def _choose_genres(draft: HomeDraft) -> list[_GenreChoice]:
    catalogue, taste = draft.snapshot.catalogue, draft.taste
    usable = np.array([is_genre(name) for name in catalogue.genre_names], dtype=np.bool_)
    usable[catalogue.genre_columns(taste.excluded_genre_ids)] = False
    chosen = catalogue.genre_columns(taste.favourite_genre_ids)
    if len(chosen):
        text = _("One of the genres you chose.")
        return [_GenreChoice(column, text) for column in chosen.tolist() if usable[column]]
    if liked := _find_liked_genres(draft, usable):
        return liked
    weight = (catalogue.genres * catalogue.popularity[:, None]).sum(axis=0)
    greatest = np.argsort(-weight, kind="stable").tolist()
    text = _("One of the genres that people here rate most.")
    return [_GenreChoice(column, text) for column in greatest if usable[column]]


def _find_liked_genres(draft: HomeDraft, usable: NDArray[np.bool_]) -> list[_GenreChoice]:
    """Return the genres whose films the person rates above their own mean, the best first."""
    catalogue = draft.snapshot.catalogue
    rated = [item for item in draft.taste.history if item.stars is not None]
    positions = catalogue.positions_of([item.movie_id for item in rated])
    stars = np.array([item.stars for item in rated], dtype=np.float32)[positions >= 0]
    films = catalogue.genres[positions[positions >= 0]].astype(np.float32)  # (H, G)
    counts = films.sum(axis=0)
    sums = films.T @ (stars - draft.scale.mean)  # (G,)
    gain = sums / (counts + GENRE_SHRINKAGE)
    is_liked = usable & (counts >= MIN_GENRE_FILMS) & (gain > 0)
    order = [int(column) for column in np.argsort(-gain, kind="stable") if is_liked[column]]
    text = _("You gave %(count)d of them %(stars)s stars on average.")
    return [
        _GenreChoice(column, text % {"count": counts[column], "stars": floatformat(mean, 1)})
        for column in order
        for mean in [float(sums[column] / counts[column]) + draft.scale.mean]
    ]
