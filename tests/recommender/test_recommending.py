"""Filters decide what is scored for, not what is left of the best: depth is never spent on others.

The depth is five films here, so that whoever cuts before filtering has too few or none.
"""

from collections.abc import Callable

import numpy as np
import pytest

from catalog.models import Service
from recommender import ranking, recommending
from recommender.answers import NO_FILTERS, Filters, HistoryItem, Taste
from recommender.catalogue_arrays import CatalogueArrays
from recommender.ml.commands import bench
from recommender.models import ModelVersion
from recommender.recommending import make_ranking
from recommender.serving import Snapshot, model_server, read_state

DEPTH = 5
HISTORY = tuple(HistoryItem(pk, 4.0) for pk in (1, 4, 7, 10, 13))
TASTES = {
    "nothing watched": Taste(),
    "a few films": Taste(history=HISTORY[:2]),
    "enough films": Taste(history=HISTORY),
}


@pytest.fixture
def snapshot(services: list[Service], active_model: ModelVersion) -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def rank(snapshot: Snapshot, taste: Taste, filters: Filters = NO_FILTERS) -> list[int]:
    ids: list[int] = make_ranking(snapshot, taste=taste, filters=filters).movie_ids.tolist()
    return ids


Wish = Callable[[CatalogueArrays, np.ndarray], Filters]


def least_liked(catalogue: CatalogueArrays, best: np.ndarray) -> int:
    """Return the genre that stands last among the best films."""
    columns = catalogue.genres[catalogue.positions_of(best)][:10].sum(axis=0)
    return int(catalogue.genre_ids[int(columns.argmin())])


def most_liked(catalogue: CatalogueArrays, best: np.ndarray) -> int:
    columns = catalogue.genres[catalogue.positions_of(best)][:DEPTH].sum(axis=0)
    return int(catalogue.genre_ids[int(columns.argmax())])


WISHES: dict[str, Wish] = {
    "genres": lambda catalogue, best: Filters(genre_ids=(least_liked(catalogue, best),)),
    "genres out": lambda catalogue, best: Filters(
        excluded_genre_ids=(most_liked(catalogue, best),)
    ),
    "years": lambda catalogue, best: (
        Filters(min_year=2000) if best[:DEPTH].mean() < 35 else Filters(max_year=1985)
    ),
    "runtime": lambda _catalogue, _best: Filters(max_runtime=100),
    "services": lambda catalogue, best: Filters(
        service_ids=(int(catalogue.services.ids[int((best[:DEPTH] % 3 == 2).sum() > 2)]),)
    ),
}


@pytest.mark.parametrize("taste", TASTES.values(), ids=TASTES)
@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_filter_is_asked_before_the_best_are_taken(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, wish: Wish, taste: Taste
) -> None:
    best = np.array(rank(snapshot, taste))
    filters = wish(snapshot.catalogue, best)
    mask = ranking.make_eligible_mask(snapshot.catalogue, taste=taste, filters=filters)
    eligible = set(snapshot.catalogue.movie_ids[mask].tolist())
    assert len(eligible) >= DEPTH
    monkeypatch.setattr(recommending, "RANKING_DEPTH", DEPTH)
    assert not set(rank(snapshot, taste)) <= eligible, "the filter asks nothing of the best"
    found = rank(snapshot, taste, filters)
    assert len(set(found)) == DEPTH
    assert set(found) <= eligible


@pytest.mark.parametrize("taste", TASTES.values(), ids=TASTES)
def test_seen_and_hidden_films_take_no_place_of_others(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, taste: Taste
) -> None:
    monkeypatch.setattr(recommending, "RANKING_DEPTH", DEPTH)
    best = rank(snapshot, taste)
    hiding = Taste(history=taste.history, hidden_movie_ids=frozenset(best))
    found = rank(snapshot, hiding)
    assert len(set(found)) == DEPTH
    assert not set(found) & {*best, *(item.movie_id for item in taste.history)}


def test_bench_refines_as_many_films_as_serving_does() -> None:
    assert bench.REFINED == recommending.REFINED
