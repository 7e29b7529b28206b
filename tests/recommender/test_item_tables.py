"""The site answers alike whatever its item table, also where an index leaves films out."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_django.fixtures import Settings

from movieshow.health import NotReadyError
from recommender import ranking
from recommender.answers import Filters, HistoryItem, Taste
from recommender.dials import Dials
from recommender.likeness import score_cosines
from recommender.ml import scoring
from recommender.models import ModelVersion
from recommender.recommending import encode_tastes, make_ranking, score_taste
from recommender.serving import ServedModel, Snapshot, model_server, read_state
from recommender.similar import rank_similar_films

CANDIDATES = 12
HISTORY = tuple(HistoryItem(pk, 4.0) for pk in (1, 4, 7, 10, 13, 16))


class FewTable:
    """What an index does, without one: the best twelve exactly, -inf for all others."""

    nbytes = 0
    is_exact = False

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        products = hidden @ self._vectors.T
        lowest = np.sort(products, axis=1)[:, -CANDIDATES, None]
        return np.where(products >= lowest, products, -np.inf).astype(np.float32)


def get_snapshot() -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


@pytest.fixture
def exact(active_model: ModelVersion, settings: Settings) -> Snapshot:
    settings.RECOMMENDATION_ITEM_TABLE = "float32"
    found = get_snapshot()
    model_server.forget()
    return found


@pytest.fixture(params=[*scoring.TABLE_KINDS, "few"])
def snapshot(
    exact: Snapshot,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Snapshot:
    """A snapshot of each kind of table; of one whose package is missing, what it would find."""
    monkeypatch.setattr(scoring, "CANDIDATES", CANDIDATES)
    settings.RECOMMENDATION_ITEM_TABLE = request.param
    if request.param.startswith("faiss") and importlib.util.find_spec("faiss") is None:
        with pytest.raises(NotReadyError, match="pip install faiss-cpu"):
            model_server.check_ready()
    elif request.param != "few":
        return get_snapshot()
    assert isinstance(exact.model, ServedModel)
    network = exact.model.network
    few = replace(network, table=FewTable(network.item_vectors))
    return replace(exact, model=replace(exact.model, network=few))


def rank(snapshot: Snapshot, dials: Dials, filters: Filters | None = None) -> list[int]:
    taste = Taste(history=HISTORY, dials=dials)
    found = make_ranking(snapshot, taste=taste, filters=filters or Filters())
    assert np.isfinite(found.scores).all()
    assert len(set(found.movie_ids.tolist())) == len(found.movie_ids)
    ids: list[int] = found.movie_ids.tolist()
    return ids


def find_scored(snapshot: Snapshot) -> set[int]:
    """Return the films that may be shown and that the table itself has a score for."""
    taste = Taste(history=HISTORY)
    mask = ranking.make_eligible_mask(snapshot.catalogue, taste=taste, filters=Filters())
    [hidden] = encode_tastes(snapshot, [taste])
    scores, _ = score_taste(snapshot, taste, hidden=hidden, mask=mask)
    return set(snapshot.catalogue.movie_ids[mask & np.isfinite(scores)].tolist())


def test_table_recommends_what_the_exact_one_does(snapshot: Snapshot, exact: Snapshot) -> None:
    assert rank(snapshot, Dials()) == rank(exact, Dials())


@pytest.mark.parametrize("name", ["adventure", "obscurity", "newness"])
def test_dial_orders_what_the_table_found_and_popularity_only_the_rest(
    snapshot: Snapshot, name: str
) -> None:
    found = find_scored(snapshot)
    orders = [rank(snapshot, replace(Dials(**{name: end}), variety=0.0)) for end in (-1, 1)]
    for order in orders:
        assert len(order) == 54
        assert set(order[: len(found)]) == found
    assert len(found) < 2 or orders[0][: len(found)] != orders[1][: len(found)]


def test_adventure_weighs_the_exact_likeness_of_what_the_table_found(
    snapshot: Snapshot, exact: Snapshot
) -> None:
    mine = np.array([item.movie_id - 1 for item in HISTORY])
    direction = exact.unit_vectors(mine).sum(axis=0, keepdims=True)
    found = np.isin(snapshot.catalogue.movie_ids, list(find_scored(snapshot)))
    likeness = score_cosines(snapshot, direction, wanted=found)
    np.testing.assert_allclose(
        likeness[found],
        exact.unit_vectors(np.flatnonzero(found)) @ direction[0],
        atol=0.05,
    )
    assert not np.isnan(likeness).any()


def test_filters_fill_the_answer_whatever_the_table(snapshot: Snapshot, exact: Snapshot) -> None:
    filters = Filters(genre_ids=(int(exact.catalogue.genre_ids[0]),), min_year=1970)
    for dials in (Dials(), Dials(adventure=1.0)):
        assert set(rank(snapshot, dials, filters)) == set(rank(exact, dials, filters))


def test_similar_films_are_as_many_as_asked_for(snapshot: Snapshot, exact: Snapshot) -> None:
    expected = [item.movie_id for item in rank_similar_films(exact, movie_id=20, limit=59)]
    found = rank_similar_films(snapshot, movie_id=20, limit=59)
    assert sorted(item.movie_id for item in found) == sorted(expected)
    assert found[0].movie_id == expected[0]
    assert len(rank_similar_films(snapshot, movie_id=20, limit=5)) == 5
