"""The rows of the home page: every claim a row makes is computed, and no film stands in two."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from recommender.answers import HomeRow
from recommender.home.draft import (
    CAUSE_POOL,
    MIN_ROW_FILMS,
    ROW_FILMS,
    SPARE_FILMS,
    HomeDraft,
)
from recommender.home.reading import NO_FACTS, HomeFacts
from recommender.home.rows import (
    make_genre_rows,
    make_hidden_gems,
    make_people_row,
    make_rewatch_row,
)
from recommender.serving import Snapshot

MAX_CAUSE_ROWS = 3
# How near a film lies to one of a shared genre, or of none, to be believed to come from it: three
# quarters, and 99 of 100, pairs of well-known films lie further apart (the shipped model, cosine).
NEAR, VERY_NEAR = 0.15, 0.55
# Among so many of the best films those predicted lukewarm stars go behind the others.
TOP_POOL = 30


def compute_home_rows(draft: HomeDraft, *, facts: HomeFacts = NO_FACTS) -> list[HomeRow]:
    """Return all rows there is something to put into, each with films that no other has.

    Top picks, what single films of the history brought up, films of people one likes, hidden gems,
    what is popular in one's genres, and films to see again. Each row has some films to spare.
    """
    rows = [_make_top_row(draft), *_make_cause_rows(draft)]
    rows += [make_people_row(draft, facts.credits), make_hidden_gems(draft)]
    rows += make_genre_rows(draft)
    rows.append(make_rewatch_row(draft, facts.rewatchable))
    return [row for row in rows if row.items]


def trim_rows(rows: Iterable[HomeRow], *, without: Collection[int]) -> list[HomeRow]:
    """Return the rows at their length, less the films that stand above them.

    A row that is left with next to nothing goes, but for the first.
    """
    trimmed = []
    for place, row in enumerate(rows):
        films = [item for item in row.items if item.movie_id not in without][:ROW_FILMS]
        items = tuple(replace(item, rank=number + 1) for number, item in enumerate(films))
        if len(items) >= (1 if place == 0 else min(MIN_ROW_FILMS, len(row.items))):
            trimmed.append(replace(row, items=items))
    return trimmed


def _make_top_row(draft: HomeDraft) -> HomeRow:
    taste = draft.taste
    fits, doubtful = draft.take_best(TOP_POOL)
    kept = (fits + doubtful)[: ROW_FILMS + SPARE_FILMS]
    items = draft.put(kept, reasons=draft.explain(kept))
    if not taste.history:
        chosen = bool(taste.favourite_genre_ids)
        title = _("Popular in your genres") if chosen else _("Popular right now")
        return HomeRow("popular", title, _("Rate a few films and this page becomes yours."), items)
    explanation = (
        _("A blend of what is popular and of what you have rated so far.")
        if draft.whole.is_fallback
        else _("From everything you have watched, in order.")
    )
    return HomeRow("top", _("Top picks for you"), explanation, items)


def find_alike(
    snapshot: Snapshot, positions: NDArray[np.int64], cause_ids: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return (N,) bool, whether each film resembles the one that brought it up, to go by it.

    `positions` (N,) in the catalogue, `cause_ids` (N,) movie ids, 0 where there is none.
    """
    genres, theirs = snapshot.catalogue.genres, snapshot.catalogue.positions_of(cause_ids)
    vectors = snapshot.unit_vectors(positions), snapshot.unit_vectors(theirs)
    cosine = np.einsum("nd,nd->n", *vectors)
    shares = (genres[positions] & genres[theirs]).any(axis=1)
    return np.asarray((theirs >= 0) & ((shares & (cosine >= NEAR)) | (cosine >= VERY_NEAR)))


def _make_cause_rows(draft: HomeDraft) -> list[HomeRow]:
    """Group the next films by the history film whose deletion lowers them most.

    A film heads a row only if the person rated it well by their own scale, and a film stands in it
    only if the two are alike: what a sequence brings up need not be.
    """
    pool = draft.find_unused(among=CAUSE_POOL)
    liked = {item.movie_id for item in draft.taste.history if draft.scale.is_liked(item)}
    if not pool or not liked:
        return []
    groups: dict[int, list[int]] = defaultdict(list)
    causes = draft.named.because_of[pool]
    alike = find_alike(draft.snapshot, draft.positions[pool], causes).tolist()
    for index, cause, is_alike in zip(pool, causes.tolist(), alike, strict=True):
        if is_alike and cause in liked:
            groups[cause].append(index)
    best = [cause for cause, films in groups.items() if len(films) >= MIN_ROW_FILMS]
    best.sort(key=lambda cause: groups[cause][0])
    labels = draft.snapshot.catalogue.label_films(best)
    rows = []
    for cause in [cause for cause in best if cause in labels][:MAX_CAUSE_ROWS]:
        title = _("Because you watched %(title)s") % {"title": labels[cause].title}
        explanation = _("Films that would stand lower had you not watched it.")
        rows.append(HomeRow(f"because-{cause}", title, explanation, draft.put(groups[cause])))
    return rows
