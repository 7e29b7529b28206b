"""Reasons are found by deletion and are true; a film somebody disliked is never one."""

import numpy as np
import pytest

from accounts.models import User
from recommender import reasons, services
from recommender.answers import NO_FILTERS, Filters, HistoryItem, Taste
from recommender.home.composing import compute_home_rows
from recommender.home.draft import start_draft
from recommender.ml.explain import CLEAR_DROP, log_probabilities
from recommender.model_input import make_sequence
from recommender.models import ModelVersion
from recommender.recommending import make_ranking
from recommender.serving import Snapshot, model_server, read_state
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch

HISTORY = tuple(HistoryItem(movie_id, 4.0) for movie_id in (20, 23, 26, 29, 32))


@pytest.fixture
def snapshot(active_model: ModelVersion) -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def fall_without(
    snapshot: Snapshot, history: tuple[HistoryItem, ...], gone: int, shown: int
) -> float:
    """Return how far the log-probability of `shown` falls when `gone` was never watched."""
    assert snapshot.model is not None
    network = snapshot.model.network
    whole, _ = make_sequence(snapshot, history)
    rest, _ = make_sequence(snapshot, tuple(h for h in history if h.movie_id != gone))
    scores = network.exact_scores(network.encode([whole, rest]), np.arange(len(network.movie_ids)))
    scores[:, 0] = -np.inf
    logs = log_probabilities(scores)
    return float(logs[0, shown] - logs[1, shown])


def test_named_film_is_the_one_whose_deletion_lowers_the_score_most(snapshot: Snapshot) -> None:
    answer = get_recommendations(user=None, history=HISTORY, include_reasons=True, limit=20)
    named = [
        (reason.movie_id, item.movie_id)
        for item in answer.items
        for reason in item.reasons
        if reason.kind == "because_you_watched" and reason.movie_id is not None
    ]
    assert named
    for cause, shown in named:
        falls = {h.movie_id: fall_without(snapshot, HISTORY, h.movie_id, shown) for h in HISTORY}
        assert falls[cause] == max(falls.values())
        assert falls[cause] >= CLEAR_DROP


def test_disliked_film_is_never_named(snapshot: Snapshot) -> None:
    for disliked in (0.5, 2.0):
        history = tuple(HistoryItem(item.movie_id, disliked) for item in HISTORY)
        answer = get_recommendations(user=None, history=history, include_reasons=True, limit=50)
        named = [reason for item in answer.items for reason in item.reasons]
        assert {reason.kind for reason in named} <= {"popular_in"}


def test_film_nobody_explains_has_no_reason(snapshot: Snapshot) -> None:
    """Film 60 is the least rated of its genre, and nothing was watched."""
    [found] = reasons.explain_films(snapshot, taste=Taste(), positions=np.array([59]))
    assert found == ()


def test_popular_in_names_a_genre_in_which_the_film_is_popular(snapshot: Snapshot) -> None:
    [found] = reasons.explain_films(snapshot, taste=Taste(), positions=np.array([1]))
    [reason] = found
    assert (reason.kind, reason.text, reason.movie_id) == ("popular_in", "Popular in Drama", None)


def test_history_of_one_film_can_be_a_reason(snapshot: Snapshot) -> None:
    answer = get_recommendations(
        user=None, history=[HistoryItem(20, 5.0)], include_reasons=True, limit=10
    )
    assert any(reason.movie_id == 20 for item in answer.items for reason in item.reasons)


def test_because_rows_hold_only_films_that_film_brought_up(
    snapshot: Snapshot, viewer: User, watch: Watch
) -> None:
    history = tuple(HistoryItem(pk, 4.0) for pk in (1, 4, 7, 10, 13, 30, 33, 36, 39))
    taste = Taste(history=history)
    whole = make_ranking(snapshot, taste=taste, filters=NO_FILTERS)
    rows = compute_home_rows(start_draft(snapshot, taste=taste, whole=whole))
    because = [row for row in rows if row.key.startswith("because-")]
    assert because
    for row in because:
        cause = int(row.key.removeprefix("because-"))
        for item in row.items:
            assert fall_without(snapshot, history, cause, item.movie_id) >= CLEAR_DROP
    whole = make_ranking(snapshot, taste=Taste(history=history), filters=Filters())
    ranked = whole.movie_ids.tolist()
    for row in because:
        places = [ranked.index(item.movie_id) for item in row.items]
        assert places == sorted(places)


def test_hidden_film_is_in_no_row(active_model: ModelVersion, viewer: User, watch: Watch) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    services.hide_movie(user=viewer, movie_id=35)
    answer = get_recommendations(user=viewer, include_reasons=True, limit=50)
    assert 35 not in [item.movie_id for item in answer.items]
