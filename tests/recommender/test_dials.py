"""Dials move what is shown the way they say, at any depth, and neutral ones change nothing."""

import numpy as np
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from recommender import services
from recommender.answers import Filters, HistoryItem, Taste
from recommender.dials import NEUTRAL, DialOptions, Dials, turn_dials
from recommender.models import ModelVersion, TasteProfile
from recommender.recommending import make_ranking
from recommender.serving import Snapshot, model_server, read_state
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch

HISTORY = tuple(HistoryItem(pk, 4.0) for pk in (1, 4, 7, 10, 13, 16))


@pytest.fixture
def snapshot(active_model: ModelVersion) -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def rank(snapshot: Snapshot, dials: Dials, filters: Filters | None = None) -> list[int]:
    taste = Taste(history=HISTORY, dials=dials)
    found = make_ranking(snapshot, taste=taste, filters=filters or Filters())
    ids: list[int] = found.movie_ids.tolist()
    return ids


def mean_of_first_ten(snapshot: Snapshot, dials: Dials) -> float:
    # Of the catalogue's films the lower the id the more rated and the older.
    return float(np.mean(rank(snapshot, dials)[:10]))


def test_neutral_dials_change_nothing(snapshot: Snapshot) -> None:
    assert rank(snapshot, Dials()) == rank(snapshot, NEUTRAL.override(DialOptions()))


@pytest.mark.parametrize("name", ["obscurity", "newness"])
def test_dial_moves_what_is_shown_both_ways(snapshot: Snapshot, name: str) -> None:
    low, none, high = (mean_of_first_ten(snapshot, Dials(**{name: end})) for end in (-1, 0, 1))
    assert low <= none <= high
    assert low < high


def test_adventure_shows_films_less_like_the_history(snapshot: Snapshot) -> None:
    assert snapshot.model is not None
    watched = snapshot.unit_vectors(np.array([item.movie_id - 1 for item in HISTORY])).mean(axis=0)

    def likeness(adventure: float) -> float:
        ids = np.array(rank(snapshot, Dials(adventure=adventure))[:10])
        return float((snapshot.unit_vectors(ids - 1) @ watched).mean())

    assert likeness(1.0) < likeness(-1.0)


def test_variety_overrides_the_usual_share(snapshot: Snapshot) -> None:
    plain, varied = rank(snapshot, Dials(variety=0.0)), rank(snapshot, Dials(variety=0.9))
    assert plain[0] == varied[0]
    assert plain != varied
    assert sorted(plain) == sorted(varied)


def test_filters_still_fill_the_answer_with_dials_turned(snapshot: Snapshot) -> None:
    genre = int(snapshot.catalogue.genre_ids[0])
    filters = Filters(genre_ids=(genre,), min_year=1970)
    found = rank(snapshot, Dials(1.0, 1.0, -1.0, 1.0), filters)
    neutral = rank(snapshot, NEUTRAL, filters)
    assert sorted(found) == sorted(neutral)


def test_dials_turn_popularity_too_where_nothing_was_watched(snapshot: Snapshot) -> None:
    taste = Taste(dials=Dials(newness=1.0, obscurity=1.0))
    turned = make_ranking(snapshot, taste=taste, filters=Filters()).movie_ids
    plain = make_ranking(snapshot, taste=Taste(), filters=Filters()).movie_ids
    assert turned[:10].mean() > plain[:10].mean()


def test_film_of_unknown_year_is_in_the_middle(snapshot: Snapshot) -> None:
    catalogue = snapshot.catalogue
    years = catalogue.years.copy()
    years[30] = 0
    object.__setattr__(catalogue, "years", years)
    same = np.ones(len(years), dtype=np.float32)
    turned = turn_dials(
        same,
        dials=Dials(newness=1.0),
        catalogue=catalogue,
        mask=np.ones(len(years), dtype=np.bool_),
        likeness=None,
    )
    assert turned[30] == 0.0
    assert turned[0] < turned[30] < turned[59]


def test_persons_dials_are_kept_and_followed_at_once(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *(item.movie_id for item in HISTORY))
    before = [item.movie_id for item in get_recommendations(user=viewer).items]
    services.set_dials(user=viewer, dials=Dials(newness=1.0))
    after = [item.movie_id for item in get_recommendations(user=viewer).items]
    assert np.mean(after) > np.mean(before)
    neutral = get_recommendations(user=viewer, dials=DialOptions(newness=0.0)).items
    assert [item.movie_id for item in neutral] == before


@pytest.mark.parametrize("dials", [Dials(newness=1.1), Dials(obscurity=-2.0), Dials(variety=-0.1)])
def test_dial_beyond_its_end_is_refused(viewer: User, dials: Dials) -> None:
    with pytest.raises(services.InvalidDialError):
        services.set_dials(user=viewer, dials=dials)
    assert not TasteProfile.objects.filter(user=viewer).exclude(newness=0.0).exists()


def test_api_takes_dials(active_model: ModelVersion, viewer: User, watch: Watch) -> None:
    watch(viewer, *(item.movie_id for item in HISTORY))
    client = APIClient()
    client.force_authenticate(viewer)
    answers = [
        client.get(f"/api/v1/me/recommendations?newness={end}").json()["results"] for end in (-1, 1)
    ]
    old, new = ([result["movie"]["year"] for result in answer] for answer in answers)
    assert np.mean(old) < np.mean(new)


@pytest.mark.parametrize("value", ["1.5", "-1.01", "nan", "inf", "much"])
def test_api_refuses_what_is_no_place_of_a_dial(
    active_model: ModelVersion, viewer: User, value: str
) -> None:
    client = APIClient()
    client.force_authenticate(viewer)
    answer = client.get(f"/api/v1/me/recommendations?obscurity={value}")
    assert answer.status_code == 400
    assert "obscurity" in answer.json()["errors"]
