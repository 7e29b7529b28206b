"""The rows of the home page: every claim a row makes is computed, and no film stands in two."""

from collections import defaultdict

import numpy as np
from django.utils.translation import gettext as _

from recommender import ranking
from recommender.answers import Filters, HomeRow, Recommendation, Taste
from recommender.reasons import name_history_films
from recommender.recommending import Ranking, make_ranking, make_sequence, present_films
from recommender.serving import Snapshot

ROW_FILMS = 12
CAUSE_POOL = 160
MAX_CAUSE_ROWS = 3
MIN_ROW_FILMS = 4
MAX_GENRE_ROWS = 4


def compute_home_rows(snapshot: Snapshot, *, taste: Taste) -> list[HomeRow]:
    """Return top picks, "because you watched" rows, then what is popular in the chosen genres."""
    whole = make_ranking(snapshot, taste=taste, filters=Filters())
    used: set[int] = set()
    rows = [_make_top_row(snapshot, taste, whole, used)]
    rows += _make_cause_rows(snapshot, taste, whole, used)
    rows += _make_genre_rows(snapshot, taste, used)
    return [row for row in rows if row.items]


def _make_top_row(snapshot: Snapshot, taste: Taste, whole: Ranking, used: set[int]) -> HomeRow:
    items = present_films(
        snapshot,
        taste=taste,
        movie_ids=whole.movie_ids[:ROW_FILMS].tolist(),
        scores=whole.scores[:ROW_FILMS].tolist(),
        with_reasons=True,
    )
    used.update(item.movie_id for item in items)
    if not taste.history:
        chosen = bool(taste.favourite_genre_ids)
        title = _("Popular in your genres") if chosen else _("Popular right now")
        return HomeRow("popular", title, _("Rate a few films and this page becomes yours."), items)
    explanation = (
        _("A blend of what is popular and of what you have rated so far.")
        if whole.is_fallback
        else _("From everything you have watched, in order.")
    )
    return HomeRow("top", _("Top picks for you"), explanation, items)


def _make_cause_rows(
    snapshot: Snapshot, taste: Taste, whole: Ranking, used: set[int]
) -> list[HomeRow]:
    """Group the next films by the history film whose deletion lowers them most."""
    sequence, _films = make_sequence(snapshot, taste.history)
    pool = np.flatnonzero(~np.isin(whole.movie_ids[:CAUSE_POOL], list(used)))
    if not len(sequence) or not len(pool):
        return []
    positions = snapshot.catalogue.positions_of(whole.movie_ids[pool])
    named = name_history_films(snapshot, taste=taste, positions=positions)
    groups: dict[int, list[int]] = defaultdict(list)
    for index, cause in zip(pool.tolist(), named.because_of.tolist(), strict=True):
        if cause:
            groups[cause].append(index)
    best = [cause for cause, films in groups.items() if len(films) >= MIN_ROW_FILMS]
    best.sort(key=lambda cause: groups[cause][0])
    titles = {pk: label.title for pk, label in snapshot.catalogue.label_films(best).items()}
    rows = []
    for cause in [cause for cause in best if cause in titles][:MAX_CAUSE_ROWS]:
        films = groups[cause][:ROW_FILMS]
        items = present_films(
            snapshot,
            taste=taste,
            movie_ids=whole.movie_ids[films].tolist(),
            scores=whole.scores[films].tolist(),
        )
        used.update(item.movie_id for item in items)
        title = _("Because you watched %(title)s") % {"title": titles[cause]}
        explanation = _("Films that would stand lower had you not watched it.")
        rows.append(HomeRow(f"because-{cause}", title, explanation, items))
    return rows


def _make_genre_rows(snapshot: Snapshot, taste: Taste, used: set[int]) -> list[HomeRow]:
    """Return the popular films of each chosen genre, or of the greatest genres where none is."""
    catalogue = snapshot.catalogue
    columns = catalogue.genre_columns(taste.favourite_genre_ids).tolist()
    if not columns:
        weight = (catalogue.genres * catalogue.popularity[:, None]).sum(axis=0)
        weight[catalogue.genre_columns(taste.excluded_genre_ids)] = -1.0
        columns = np.argsort(-weight, kind="stable")[:MAX_GENRE_ROWS].tolist()
    rows = []
    for column in columns[:MAX_GENRE_ROWS]:
        if catalogue.genre_ids[column] in taste.excluded_genre_ids:
            continue  # to filter by it would ask for it
        filters = Filters(genre_ids=(int(catalogue.genre_ids[column]),))
        mask = ranking.make_eligible_mask(catalogue, taste=taste, filters=filters)
        shown = catalogue.positions_of(sorted(used))
        mask[shown[shown >= 0]] = False
        best = ranking.take_top(catalogue.popularity, mask, depth=ROW_FILMS)
        items = _present_popular(snapshot, taste, best)
        used.update(item.movie_id for item in items)
        title = _("Popular in %(genre)s") % {"genre": _(catalogue.genre_names[column])}
        rows.append(HomeRow(f"genre-{catalogue.genre_ids[column]}", title, "", items))
    return rows


def _present_popular(
    snapshot: Snapshot, taste: Taste, best: ranking.RankedFilms
) -> tuple[Recommendation, ...]:
    return present_films(
        snapshot,
        taste=taste,
        movie_ids=snapshot.catalogue.movie_ids[best.positions].tolist(),
        scores=best.scores.tolist(),
    )
