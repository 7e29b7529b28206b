"""Why a film is shown, found by deletion and never made up (DESIGN.md, section 3.5).

For the films shown alone: the score is computed again without each of the last 16 films of the
history; the one whose absence lowers a film's log-probability most is why it is shown, provided the
fall is clear and the film was neither rated two stars or less nor muted by the person. Where there
is none: a liked film the item vectors say it resembles; else a genre in which it is among the most
watched; else nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from recommender.answers import HistoryItem, Reason, Taste
from recommender.model_input import make_sequence
from recommender.serving import Snapshot

OCCLUDED = 16
DISLIKED_STARS = 2.0
CLEAR_SIMILARITY = 0.35


@dataclass(frozen=True)
class NamedFilms:
    """For each film shown, the history film a reason may name: movie ids (N,), 0 where none."""

    because_of: NDArray[np.int64]
    similar_to: NDArray[np.int64]

    def take(self, places: NDArray[np.int64]) -> "NamedFilms":
        """Return those of the films at these places (M,)."""
        return NamedFilms(self.because_of[places], self.similar_to[places])


def explain_films(
    snapshot: Snapshot,
    *,
    taste: Taste,
    positions: NDArray[np.int64],
    named: NamedFilms | None = None,
) -> list[tuple[Reason, ...]]:
    """Return the reasons of each film (by catalogue position), at most one each.

    `named` are the films of the history found for these positions, where that was done before.
    """
    if not len(positions):
        return []
    if named is None:
        named = name_history_films(snapshot, taste=taste, positions=positions)
    ids = sorted({*named.because_of.tolist(), *named.similar_to.tolist()})
    titles = {pk: label.title for pk, label in snapshot.catalogue.label_films(ids).items()}
    popular = find_popular_genres(snapshot, taste=taste, positions=positions)
    reasons: list[tuple[Reason, ...]] = []
    for number in range(len(positions)):
        reason = _choose_reason(
            int(named.because_of[number]), int(named.similar_to[number]), popular[number], titles
        )
        reasons.append((reason,) if reason else ())
    return reasons


def _choose_reason(
    because_of: int, similar_to: int, genre: str | None, titles: dict[int, str]
) -> Reason | None:
    if because_of in titles:
        text = _("Because you watched %(title)s") % {"title": titles[because_of]}
        return Reason("because_you_watched", text, because_of)
    if similar_to in titles:
        text = _("Similar to %(title)s") % {"title": titles[similar_to]}
        return Reason("similar_to", text, similar_to)
    if genre is not None:
        return Reason("popular_in", _("Popular in %(genre)s") % {"genre": _(genre)}, None)
    return None


def name_history_films(
    snapshot: Snapshot, *, taste: Taste, positions: NDArray[np.int64]
) -> NamedFilms:
    """Find for each film the history film that brought it up, and the one it resembles most."""
    nobody = np.zeros(len(positions), dtype=np.int64)
    idx = snapshot.item_idx[positions]
    sequence, films = make_sequence(snapshot, taste.history)
    if not len(sequence):
        return NamedFilms(because_of=nobody, similar_to=nobody)
    because_of = nobody.copy()
    known = np.flatnonzero(idx)
    if len(known):
        because_of[known] = _find_causes(snapshot, taste, sequence, films, idx[known])
    return NamedFilms(
        because_of=because_of,
        similar_to=_find_resembling(snapshot, taste, films, positions),
    )


def is_disliked(item: HistoryItem) -> bool:
    """Whether a film was rated so low that it is never named as a reason."""
    return item.stars is not None and item.stars <= DISLIKED_STARS


def may_be_named(item: HistoryItem, taste: Taste) -> bool:
    """Whether a film of the history may be a reason: not rated low, and not muted."""
    return not is_disliked(item) and item.movie_id not in taste.muted_movie_ids


def _find_causes(
    snapshot: Snapshot,
    taste: Taste,
    sequence: NDArray[np.int64],
    films: Sequence[HistoryItem],
    candidates: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return for each candidate item the movie id whose deletion clearly lowers it most, or 0."""
    from recommender.ml.explain import CLEAR_DROP, occlusion_drops  # noqa: PLC0415 - with the model

    assert snapshot.model is not None  # noqa: S101 - the caller has looked
    found = occlusion_drops(snapshot.model.network, sequence, candidates, last=OCCLUDED)
    drops = np.array(found.drops, dtype=np.float32)  # (n, C)
    named = [films[position] for position in found.positions]
    drops[[not may_be_named(item, taste) for item in named]] = -np.inf
    if not len(drops):
        return np.zeros(len(candidates), dtype=np.int64)
    ids = np.array([item.movie_id for item in named], dtype=np.int64)
    best = drops.argmax(axis=0)
    return np.where(drops.max(axis=0) >= CLEAR_DROP, ids[best], 0)


def _find_resembling(
    snapshot: Snapshot, taste: Taste, films: Sequence[HistoryItem], positions: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each film the liked history film with the nearest vector, or 0 if none is near."""
    liked = [item.movie_id for item in films if may_be_named(item, taste)]
    if not liked:
        return np.zeros(len(positions), dtype=np.int64)
    ids = np.array(liked, dtype=np.int64)
    theirs = snapshot.unit_vectors(snapshot.catalogue.positions_of(ids))
    cosine = snapshot.unit_vectors(positions) @ theirs.T  # (N, H)
    return np.where(cosine.max(axis=1) >= CLEAR_SIMILARITY, ids[cosine.argmax(axis=1)], 0)


def find_popular_genres(
    snapshot: Snapshot, *, taste: Taste, positions: NDArray[np.int64]
) -> list[str | None]:
    """Return for each film a genre of its own in which it is in the most rated quarter, or None.

    Genres the person chose come first, then the one in which it stands highest.
    """
    catalogue = snapshot.catalogue
    chosen = np.zeros(len(catalogue.genre_ids), dtype=np.bool_)
    chosen[catalogue.genre_columns(taste.favourite_genre_ids)] = True
    counts = catalogue.rating_count[positions, None]
    standing = counts / catalogue.popular_counts  # (N, G), from 1 on among the most rated
    standing = np.where(catalogue.genres[positions] & (standing >= 1), standing, 0.0)
    best = np.where(chosen & (standing > 0), standing + 1e9, standing)
    if not best.size:
        return [None] * len(positions)
    columns = best.argmax(axis=1)
    return [
        catalogue.genre_names[column] if best[row, column] > 0 else None
        for row, column in enumerate(columns)
    ]
