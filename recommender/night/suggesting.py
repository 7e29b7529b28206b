"""Films for several people: everyone's scores and predicted stars over the catalogue, combined.

Everybody's relevance is what `recommending` gives each of them alone, but for the dial from safe to
adventurous: it would weigh films by one person's likes.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender import ranking
from recommender.answers import NO_FILTERS, Filters, Taste
from recommender.ml import groups
from recommender.ml.diversity import POOL, diversify_order
from recommender.ml.groups import Strategy
from recommender.models import HiddenMovie
from recommender.predicting import index_history, predict_stars
from recommender.recommending import encode_tastes, score_taste
from recommender.serving import Snapshot, model_server, read_state
from recommender.taste.reading import read_tastes

Floats = NDArray[np.float32]
Arrange = Callable[[Sequence[NDArray[np.int64]]], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class FilmForGroup:
    """A film and the stars each person, in the order asked, is predicted to give; None unknown."""

    movie_id: int
    stars: tuple[float | None, ...]


def suggest_films(
    *,
    user_ids: Sequence[int],
    strategy: Strategy,
    limit: int,
    allows_seen: bool = False,
    excluded_movie_ids: Collection[int] = (),
    filters: Filters = NO_FILTERS,
    snapshot: Snapshot | None = None,
    arrange: Arrange | None = None,
) -> list[FilmForGroup]:
    """Return the films that suit these people best by a strategy, best first, no two much alike.

    A shorter answer is the beginning of a longer one, of at most 120 films. Films outside of
    `filters` or that anybody has hidden are left out, and those anybody has seen unless
    `allows_seen`; so are films that nobody on the site has rated, of which no stars can be
    predicted. Those of unknown genre or year come last where these are asked for. `arrange`
    returns, of the best positions, those to return in place of the first `limit`; it is given them
    in pools, each of which comes before the next. Computed from the snapshot that is in service
    where none is given.
    """
    snapshot = snapshot or model_server.get_snapshot(read_state(user_id=None))
    tastes = read_tastes(user_ids=user_ids)
    fits, doubtful = _find_eligible(
        snapshot, tastes, allows_seen=allows_seen, user_ids=user_ids, filters=filters
    )
    mask = fits | doubtful
    gone = snapshot.catalogue.positions_of(list(excluded_movie_ids))
    mask[gone[gone >= 0]] = False
    positions = np.flatnonzero(mask & _find_predictable(snapshot))
    if not len(positions):
        return []
    stars = expect_stars(snapshot, tastes, positions)
    relevance = (scores[positions] for scores in score_each(snapshot, tastes, mask))
    suits = groups.add_appeal(stars, relevance)
    values = groups.aggregate(strategy, stars, suits=suits)
    pools = _choose(snapshot, positions, values, is_doubtful=doubtful[positions])
    best = arrange(pools) if arrange else np.concatenate(pools)[:limit]
    return _forecast(snapshot, tastes, snapshot.catalogue.movie_ids[best].tolist())


def forecast_films(*, user_ids: Sequence[int], movie_ids: Sequence[int]) -> list[FilmForGroup]:
    """Return the stars these people are predicted to give films, in the order of the films."""
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    tastes = read_tastes(user_ids=user_ids)
    return _forecast(snapshot, tastes, movie_ids)


def _find_eligible(
    snapshot: Snapshot,
    tastes: Sequence[Taste],
    *,
    allows_seen: bool,
    user_ids: Sequence[int],
    filters: Filters,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (C,) bool, True inside the filters where nobody objects to a film.

    Also (C,) True where only a genre or year not known keeps a film from that.
    """
    if allows_seen:
        # A taste keeps films hidden and films seen without stars together.
        hidden = HiddenMovie.objects.filter(user_id__in=list(user_ids))
        wanted = frozenset(hidden.values_list("movie_id", flat=True))
        tastes = [replace(taste, history=(), hidden_movie_ids=wanted) for taste in tastes]
    catalogue = snapshot.catalogue
    masks, wider = list[NDArray[np.bool_]](), list[NDArray[np.bool_]]()
    for taste in tastes:
        mask = ranking.make_eligible_mask(catalogue, taste=taste, filters=filters)
        extra = ranking.find_doubtful(catalogue, taste=taste, filters=filters, mask=mask)
        masks.append(mask)
        wider.append(mask if extra is None else mask | extra)
    fits = np.asarray(np.logical_and.reduce(masks))
    return fits, np.logical_and.reduce(wider) & ~fits


def _find_predictable(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Return (C,) bool, True where anything is known of how a film is liked."""
    return (snapshot.catalogue.rating_count > 0) | (snapshot.rated_idx > 0)


def leaves_out_unrated(snapshot: Snapshot | None = None) -> bool:
    """Whether there are films that are never suggested, for nobody has rated them.

    Of the snapshot that is in service where none is given.
    """
    snapshot = snapshot or model_server.get_snapshot(read_state(user_id=None))
    return not _find_predictable(snapshot).all()


def expect_stars(
    snapshot: Snapshot, tastes: Sequence[Taste], positions: NDArray[np.int64]
) -> Floats:
    """Return (M, N) the stars each person is predicted to give the films at these positions."""
    catalogue = snapshot.catalogue
    head = snapshot.rating_head
    if head is None:
        biases = [ranking.estimate_user_bias(catalogue, taste.history) for taste in tastes]
        return np.stack(
            [ranking.predict_ratings(catalogue, positions, user_bias=bias) for bias in biases]
        )
    asked, unknown = snapshot.rated_idx[positions], catalogue.item_bias[positions]
    read = [index_history(head, taste.history) for taste in tastes]
    return np.stack([head.expect(past, stars, asked, unknown_bias=unknown) for past, stars in read])


def score_each(
    snapshot: Snapshot, tastes: Sequence[Taste], mask: NDArray[np.bool_]
) -> Iterator[Floats]:
    """Yield (C,) how relevant each film is to each person, -inf where the model knows it not.

    Each has a scale of their own. People with no film known to the model have popularity within
    their genres, those with one to four a blend.
    """
    # What is adventurous depends on the films one person likes.
    tastes = [replace(taste, dials=replace(taste.dials, adventure=0.0)) for taste in tastes]
    for taste, hidden in zip(tastes, encode_tastes(snapshot, tastes), strict=True):
        yield score_taste(snapshot, taste, hidden=hidden, mask=mask)[0]


def _choose(
    snapshot: Snapshot,
    positions: NDArray[np.int64],
    values: Floats,
    *,
    is_doubtful: NDArray[np.bool_],
) -> list[NDArray[np.int64]]:
    """Return the best positions, in each pool not one trilogy and its neighbours.

    Misery comes behind the other films that fit, and so it does among those, behind all of them,
    of which `is_doubtful` (N,) whether they fit.
    """
    worth = values - np.where(is_doubtful, np.float32(2 * groups.BELOW_ALL), np.float32(0))
    best = np.argpartition(-worth, POOL)[:POOL] if len(worth) > POOL else np.arange(len(worth))
    order = best[np.argsort(-worth[best], kind="stable")]
    level = 2 * is_doubtful[order] + (values[order] <= -groups.BELOW_ALL / 2)
    pools = []
    for number in range(4):
        pool = order[level == number]
        vectors = snapshot.unit_vectors(positions[pool])
        pools.append(positions[pool[diversify_order(values[pool], vectors)]])
    return pools


def _forecast(
    snapshot: Snapshot, tastes: Sequence[Taste], movie_ids: Sequence[int]
) -> list[FilmForGroup]:
    """Predict as the film's own page does: somebody's own rating of a film is not looked at."""
    rows = []
    for taste in tastes:
        own = {item.movie_id for item in taste.history}.intersection(movie_ids)
        fresh = _predict_row(snapshot, taste, [pk for pk in movie_ids if pk not in own])
        for movie_id in own:
            others = tuple(item for item in taste.history if item.movie_id != movie_id)
            fresh |= _predict_row(snapshot, replace(taste, history=others), [movie_id])
        rows.append(fresh)
    return [FilmForGroup(pk, tuple(row.get(pk) for row in rows)) for pk in movie_ids]


def _predict_row(
    snapshot: Snapshot, taste: Taste, movie_ids: Sequence[int]
) -> dict[int, float | None]:
    positions = snapshot.catalogue.positions_of(list(movie_ids))
    here = np.flatnonzero(positions >= 0)
    found = predict_stars(snapshot, history=taste.history, positions=positions[here])
    return {
        movie_ids[place]: None if stars is None else stars.expected
        for place, stars in zip(here.tolist(), found, strict=True)
    }
