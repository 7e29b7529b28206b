"""One's standing dials and excluded genres are read and changed by the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from recommender.services import save_onboarding

URL = "/api/v1/me/taste"


@pytest.fixture
def client_of_viewer(viewer: User, catalogue: list[Movie]) -> APIClient:
    client = APIClient()
    client.force_authenticate(viewer)
    return client


def test_taste_is_neutral_until_changed(client_of_viewer: APIClient) -> None:
    assert client_of_viewer.get(URL).json() == {
        "obscurity": 0.0,
        "adventure": 0.0,
        "newness": 0.0,
        "variety": None,
        "last_years": None,
        "favourite_genres": [],
        "excluded_genres": [],
    }


def test_what_is_not_sent_stays_as_it_is(client_of_viewer: APIClient, viewer: User) -> None:
    comedy = Movie.objects.get(pk=1).genres.get()
    save_onboarding(user=viewer, genre_ids=[comedy.pk])
    first = {"obscurity": 0.25, "last_years": 20, "excluded_genres": ["drama"]}
    client_of_viewer.patch(URL, first, format="json")
    found = client_of_viewer.patch(URL, {"newness": -1, "variety": 0.8}, format="json").json()
    assert (found["obscurity"], found["newness"], found["variety"]) == (0.25, -1.0, 0.8)
    assert (found["last_years"], found["excluded_genres"]) == (20, ["Drama"])
    assert found["favourite_genres"] == ["Comedy"]
    nothing: dict[str, object] = {"last_years": None, "variety": None, "excluded_genres": []}
    found = client_of_viewer.patch(URL, nothing, format="json").json()
    assert (found["last_years"], found["variety"], found["excluded_genres"]) == (None, None, [])


def test_whole_answer_may_be_changed_and_sent_back(
    client_of_viewer: APIClient, viewer: User
) -> None:
    comedy = Movie.objects.get(pk=1).genres.get()
    save_onboarding(user=viewer, genre_ids=[comedy.pk])
    whole = client_of_viewer.get(URL).json() | {"newness": 0.5, "excluded_genres": ["Drama"]}
    answer = client_of_viewer.patch(URL, whole | {"favourite_genres": []}, format="json")
    assert answer.status_code == 200
    # Favourite genres are told alone: what is sent of them changes nothing.
    assert answer.json() == whole | {"favourite_genres": ["Comedy"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"obscurity": 2},
        {"newness": None},
        {"adventure": "NaN"},
        {"variety": -0.1},
        {"last_years": 0},
        {"last_years": 151},
        {"excluded_genres": ["Nope"]},
    ],
)
def test_what_is_no_dial_is_refused(wrong: dict[str, Any], client_of_viewer: APIClient) -> None:
    assert client_of_viewer.patch(URL, wrong, format="json").status_code == 400
    assert client_of_viewer.get(URL).json()["last_years"] is None


def test_strangers_and_other_methods_are_refused(client_of_viewer: APIClient) -> None:
    assert APIClient().get(URL).status_code == 401
    assert APIClient().patch(URL, {}, format="json").status_code == 401
    for method in ("post", "put", "delete"):
        assert getattr(client_of_viewer, method)(URL, {}, format="json").status_code == 405
