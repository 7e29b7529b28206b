"""Which films the welcome asks about: the most telling ones, anew after each answer.

`ml.elicitation` says what a poster is expected to tell. Here it is asked of what is served: of the
active model's films, well-known ones and those best known of each genre. Without a model the
most rated films of the chosen genres are shown in turn.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.answers import HistoryItem, Taste
from recommender.catalogue_arrays import CatalogueArrays
from recommender.ml import elicitation
from recommender.ml.elicitation import LatentTastes, StarQuestions
from recommender.serving import Snapshot

BEST_KNOWN = 400
BEST_KNOWN_OF_GENRE = 40
MAX_OF_DECADE = 0.35


@dataclass(frozen=True)
class Answers:
    """What somebody said so far: their taste, and films by id.

    `seen` were seen and given no stars, `passed` were shown and passed over, `showing` stay on the
    page.
    """

    taste: Taste = field(default_factory=Taste)
    seen: frozenset[int] = frozenset()
    passed: tuple[int, ...] = ()
    showing: tuple[int, ...] = ()


@dataclass(frozen=True)
class Questionnaire:
    """What one model over one catalogue may ask about: F films at catalogue `positions` (F,).

    `head_idx` (F,) are the films as the rating head counts them, 0 where it knows none.
    """

    positions: NDArray[np.int64]
    tastes: LatentTastes
    head_idx: NDArray[np.int32]

    def columns_of(self, catalogue: CatalogueArrays, ids: Collection[int]) -> NDArray[np.int64]:
        """Return which of the F films these are; others are left out."""
        return np.flatnonzero(np.isin(catalogue.movie_ids[self.positions], list(ids)))


# One for each process, by the versions of catalogue and model. These are served for hours, a page
# is asked for in milliseconds. Two requests that find none make the same.
_kept: dict[tuple[int, int | None], Questionnaire] = {}


def pick_films(snapshot: Snapshot, answers: Answers, *, limit: int) -> list[int]:
    """Return ids of up to `limit` films to ask about next, none of those answered or on the page.

    Of the chosen genres only, as long as there are any.
    """
    taste = answers.taste
    gone = {item.movie_id for item in taste.history} | taste.hidden_movie_ids | answers.seen
    gone.update(answers.passed, answers.showing)
    telling = _pick_telling(snapshot, answers, gone, limit=limit) if snapshot.model else []
    if len(telling) == limit:
        return telling
    gone.update(telling)
    rest = limit - len(telling)
    known = rank_well_known(
        snapshot.catalogue, genre_ids=taste.favourite_genre_ids, limit=rest + len(gone)
    )
    return telling + [movie_id for movie_id in known if movie_id not in gone][:rest]


def _pick_telling(
    snapshot: Snapshot, answers: Answers, gone: Collection[int], *, limit: int
) -> list[int]:
    catalogue, asked = snapshot.catalogue, get_questionnaire(snapshot)
    chosen = catalogue.genre_columns(answers.taste.favourite_genre_ids)
    genres = catalogue.genres[asked.positions]
    is_open = ~np.isin(catalogue.movie_ids[asked.positions], list(gone))
    is_open &= ~genres[:, catalogue.genre_columns(answers.taste.excluded_genre_ids)].any(axis=1)
    if len(chosen):
        is_open &= genres[:, chosen].any(axis=1)
    seen = {item.movie_id for item in answers.taste.history} | answers.seen
    weights = elicitation.weigh_tastes(
        asked.tastes,
        chosen=chosen,
        seen=asked.columns_of(catalogue, seen),
        unseen=asked.columns_of(catalogue, set(answers.passed) - seen),
    )
    stars = _ask_stars(snapshot, asked, answers.taste.history)
    columns = elicitation.choose_films(asked.tastes, weights, is_open, count=limit, stars=stars)
    return [int(movie_id) for movie_id in catalogue.movie_ids[asked.positions[columns]]]


def _ask_stars(
    snapshot: Snapshot, asked: Questionnaire, history: Sequence[HistoryItem]
) -> StarQuestions | None:
    """Return what the rating head knows of the films and the person; None in models without."""
    head = snapshot.rating_head
    if head is None:
        return None
    rated = head.index_of([item.movie_id for item in history if item.stars is not None])
    return elicitation.ask_stars(head, rated=rated, asked=asked.head_idx)


def get_questionnaire(snapshot: Snapshot) -> Questionnaire:
    """Return what this model over this catalogue may ask about, made once for both."""
    version = (snapshot.catalogue.version, snapshot.model_version)
    kept = _kept.get(version)
    if kept is None:
        kept = make_questionnaire(snapshot)
        _kept.clear()
        _kept[version] = kept
    return kept


def make_questionnaire(snapshot: Snapshot) -> Questionnaire:
    """Imagine the kinds of viewer of a model: one batch of sequences of one film."""
    assert snapshot.model is not None  # noqa: S101 - the caller has looked
    catalogue, network = snapshot.catalogue, snapshot.model.network
    known = np.flatnonzero(snapshot.item_idx)
    counts, genres = catalogue.rating_count[known], catalogue.genres[known]
    anchors = elicitation.draw_anchors(counts)
    asked = _find_best_known(counts, genres)
    if len(anchors):
        sequences = list(snapshot.item_idx[known[anchors]][:, None])
        scores = network.scores(network.encode(sequences))[:, snapshot.item_idx[known]]
    else:  # nobody has rated anything: one kind, that of which nothing is known
        scores = np.zeros((1, len(known)), dtype=np.float32)
    head, positions = network.rating_head, known[asked]
    return Questionnaire(
        positions=positions,
        tastes=elicitation.imagine_tastes(scores, counts, genres, asked),
        head_idx=(
            head.index_of(catalogue.movie_ids[positions])
            if head is not None
            else np.zeros(len(positions), dtype=np.int32)
        ),
    )


def _find_best_known(counts: NDArray[np.int32], genres: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rows (F,) of the most rated films of all, and of each genre."""
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    of_genres = (order[column][:BEST_KNOWN_OF_GENRE] for column in genres[order].T)
    return np.unique(np.concatenate([order[:BEST_KNOWN], *of_genres]))


def rank_well_known(
    catalogue: CatalogueArrays, *, genre_ids: Sequence[int], limit: int
) -> list[int]:
    """Return ids of the most rated films of each genre in turn, no decade above a third of them."""
    columns = catalogue.genre_columns(genre_ids)
    queues = [np.flatnonzero(catalogue.genres[:, column]) for column in columns] or [
        np.arange(len(catalogue.movie_ids))
    ]
    ordered = [
        iter(queue[np.argsort(-catalogue.popularity[queue], kind="stable")].tolist())
        for queue in queues
    ]
    chosen: dict[int, None] = {}
    passed_over: dict[int, None] = {}
    decades: Counter[int] = Counter()
    allowed = max(2, round(limit * MAX_OF_DECADE))
    while ordered and len(chosen) < limit:
        for queue in list(ordered):
            found = next((film for film in queue if film not in chosen), None)
            if found is None:
                ordered.remove(queue)
                continue
            decade = int(catalogue.years[found]) // 10
            if decades[decade] >= allowed:
                passed_over[found] = None
                continue
            decades[decade] += 1
            chosen[found] = None
    picked = [*chosen, *(film for film in passed_over if film not in chosen)][:limit]
    return catalogue.movie_ids[picked].tolist() if picked else []
