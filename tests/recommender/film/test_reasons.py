"""Why a film is for somebody: each number is what its deletion does."""

import math

import numpy as np
import pytest

from recommender.answers import HistoryItem, Taste
from recommender.film.reasons import MOST_CAUSES, WhyForYou, explain_film
from recommender.ml.explain import CLEAR_DROP
from recommender.models import ModelVersion
from recommender.reasons import explain_films
from recommender.serving import Snapshot, model_server, read_state
from tests.recommender.test_reasons import fall_without

HISTORY = tuple(HistoryItem(movie_id, 4.0) for movie_id in (20, 23, 26, 29, 32))


@pytest.fixture
def snapshot(active_model: ModelVersion) -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def find_explained(snapshot: Snapshot) -> tuple[int, WhyForYou]:
    """Return a film that the history clearly speaks for."""
    for movie_id in range(1, 61):
        why = explain_film(snapshot, taste=Taste(history=HISTORY), movie_id=movie_id)
        if why.causes:
            return movie_id, why
    raise AssertionError("the history speaks for no film")


def test_causes_are_the_clear_falls_strongest_first(snapshot: Snapshot) -> None:
    movie_id, why = find_explained(snapshot)
    falls = {
        item.movie_id: fall_without(snapshot, HISTORY, item.movie_id, movie_id) for item in HISTORY
    }
    clear = sorted((pk for pk in falls if falls[pk] >= CLEAR_DROP), key=lambda pk: -falls[pk])
    assert [cause.movie_id for cause in why.causes] == clear[:MOST_CAUSES]
    for cause in why.causes:
        assert cause.percent == round(100 * (1 - math.exp(-falls[cause.movie_id])))
        assert cause.title == f"Film {cause.movie_id}"


def test_strongest_cause_is_the_reason_of_recommendations(snapshot: Snapshot) -> None:
    movie_id, why = find_explained(snapshot)
    positions = snapshot.catalogue.positions_of([movie_id])
    [[reason]] = explain_films(snapshot, taste=Taste(history=HISTORY), positions=positions)
    assert (reason.kind, reason.movie_id) == ("because_you_watched", why.causes[0].movie_id)


def test_disliked_and_muted_films_are_never_causes(snapshot: Snapshot) -> None:
    movie_id, why = find_explained(snapshot)
    first = why.causes[0].movie_id
    disliked = tuple(
        HistoryItem(item.movie_id, 1.0 if item.movie_id == first else 4.0) for item in HISTORY
    )
    for taste in (
        Taste(history=disliked),
        Taste(history=HISTORY, muted_movie_ids=frozenset({first})),
    ):
        found = explain_film(snapshot, taste=taste, movie_id=movie_id)
        assert first not in [cause.movie_id for cause in found.causes]


def test_without_a_history_only_what_is_popular_is_said(snapshot: Snapshot) -> None:
    found = explain_film(snapshot, taste=Taste(), movie_id=2)
    assert found == WhyForYou(text="Popular in Drama")
    assert explain_film(snapshot, taste=Taste(), movie_id=60) == WhyForYou()


def test_unknown_film_has_no_reason(snapshot: Snapshot) -> None:
    found = explain_film(snapshot, taste=Taste(history=HISTORY), movie_id=999)
    assert found == WhyForYou(has_history=True)


def test_reasons_survive_the_cache(snapshot: Snapshot) -> None:
    _movie_id, why = find_explained(snapshot)
    assert WhyForYou.load(why.dump()) == why
    assert np.isfinite([cause.percent for cause in why.causes]).all()
