"""What the API says where it cannot do quite what was asked: fallbacks, unknown films or fields."""

import json
from typing import Any

import pytest
from django.core.files.storage import storages
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from recommender.models import ModelVersion
from tests.catalog.factories import add_movie
from tests.recommender.conftest import Watch

MINE = "/api/v1/me/recommendations"
SESSION = "/api/v1/recommendations/session"
FIVE = (20, 23, 26, 29, 32)


def post_session(*movie_ids: int) -> Any:
    history = [{"movie_id": movie_id} for movie_id in movie_ids]
    return APIClient().post(SESSION, {"history": history}, format="json").json()


def test_model_that_decides_alone_is_no_fallback(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, *FIVE)
    for body in (api.get(MINE).json(), post_session(*FIVE)):
        assert (body["fallback"], body["fallback_reason"]) == (False, None)


def test_few_films_are_the_reason_of_a_fallback_on_every_page(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, *FIVE[:4])
    first = api.get(MINE).json()
    second = api.get(MINE, {"cursor": first["next_cursor"]}).json()
    for body in (first, second, post_session(*FIVE[:4], 987_654)):
        assert (body["fallback"], body["fallback_reason"]) == (True, "few_films")


def test_films_that_the_model_does_not_know_are_the_reason(active_model: ModelVersion) -> None:
    strangers = [add_movie(f"Stranger {number}").pk for number in range(6)]
    body = post_session(*strangers)
    assert (body["fallback_reason"], body["unknown_movie_ids"]) == ("films_unknown_to_model", [])


def test_absent_model_is_the_reason(
    catalogue: list[Movie], api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, *FIVE)
    for body in (api.get(MINE).json(), post_session(*FIVE)):
        assert body["model"] == {"name": "popularity", "version": None}
        assert (body["fallback"], body["fallback_reason"]) == (True, "no_model")


def test_corrupt_model_is_the_reason(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, *FIVE)
    storages["artifacts"].delete(f"{active_model.artifact_prefix}/model.onnx")
    for body in (api.get(MINE).json(), post_session(*FIVE)):
        assert body["model"] == {"name": "popularity", "version": None}
        assert (body["fallback"], body["fallback_reason"]) == (True, "model_unavailable")


def test_films_of_a_history_that_are_not_in_the_catalogue_are_told_once(
    active_model: ModelVersion,
) -> None:
    body = post_session(987_654, *FIVE, 2_000_000_000, 987_654)
    assert body["unknown_movie_ids"] == [987_654, 2_000_000_000]
    assert body["fallback"] is False


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "/api/v1/me/ratings/987654", {"rating": 4}),
        ("put", "/api/v1/me/watchlist/987654", None),
        ("post", "/api/v1/me/hidden/987654", None),
        ("get", "/api/v1/movies/987654/similar", None),
        ("get", "/api/v1/movies/987654", None),
    ],
)
def test_film_that_is_not_in_the_catalogue_is_named(
    active_model: ModelVersion, api: APIClient, method: str, path: str, body: Any
) -> None:
    response = getattr(api, method)(path, body, format="json")
    assert response.status_code == 404
    assert "987654" in response.json()["detail"]


@pytest.mark.parametrize(
    ("address", "body", "known"),
    [
        (f"post {SESSION}", {"history": []}, ["history", "limit", "include", "cursor"]),
        ("put /api/v1/me/ratings/1", {"rating": 4}, ["rating", "rated_at"]),
        ("patch /api/v1/me/taste", {}, ["obscurity", "excluded_genres"]),
        ("post /api/v1/events", {"events": []}, ["events"]),
        ("post /api/v1/me/lists", {"name": "Noir"}, ["name", "note", "is_public"]),
    ],
)
def test_unknown_field_of_a_body_is_refused_beside_those_there_are(
    active_model: ModelVersion, api: APIClient, address: str, body: Any, known: list[str]
) -> None:
    method, path = address.split()
    response = api.generic(
        method, path, json.dumps({**body, "reting": 3}), content_type="application/json"
    )
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    [text] = response.json()["errors"]["reting"]
    assert all(name in text for name in known)


def test_unknown_field_inside_a_list_is_refused(active_model: ModelVersion, api: APIClient) -> None:
    event = {"recommendation_id": "0" * 32, "movie_id": 1, "kind": "clicked", "at": "now"}
    response = api.post("/api/v1/events", {"events": [event]}, format="json")
    assert response.status_code == 400
    assert "happened_at" in str(response.json()["errors"]["events"])


def test_very_many_unknown_fields_make_no_huge_answer(active_model: ModelVersion) -> None:
    body = {"history": [], **{f"{number}{'x' * 500}": 1 for number in range(1000)}}
    response = APIClient().post(SESSION, body, format="json")
    assert response.status_code == 400
    assert len(response.content) < 10_000
