"""Filters of the recommendation API by length and by streaming service."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Availability, Movie, Service
from catalog.services import bump_catalogue_version
from recommender.models import ModelVersion
from tests.recommender.conftest import Watch

MINE = "/api/v1/me/recommendations"
SESSION = "/api/v1/recommendations/session"
HISTORY = [{"movie_id": movie_id, "rating": 4.0} for movie_id in (20, 23, 26, 29, 32)]


def post_session(**body: Any) -> Any:
    return APIClient().post(SESSION, body, format="json")


def test_length_asked_for_is_kept_and_unknown_lengths_are_flagged(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    Movie.objects.filter(pk__lte=50).update(runtime_minutes=150)
    Movie.objects.filter(pk__lte=6).update(runtime_minutes=90)
    bump_catalogue_version()
    results = api.get(MINE, {"max_runtime": "100", "limit": "20"}).json()["results"]
    lengths = {result["movie"]["id"]: result["movie"]["runtime_minutes"] for result in results}
    assert lengths == {**dict.fromkeys(range(1, 7), 90), **dict.fromkeys(range(51, 61))}
    session = post_session(history=HISTORY, max_runtime=100, limit=20).json()["results"]
    assert {result["movie"]["id"] for result in session} == set(lengths)
    assert {result["movie"]["runtime_minutes"] for result in session} == {90, None}


def test_services_asked_for_are_kept_and_unknown_ones_are_flagged(
    active_model: ModelVersion, api: APIClient, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    mine, other = (
        Service.objects.create(slug=name.lower(), name=name) for name in ("Mine", "Other")
    )
    Availability.objects.bulk_create(
        Availability(movie_id=pk, service=mine if pk <= 4 else other, country="US")
        for pk in range(1, 59)
    )
    bump_catalogue_version()
    for answer in (
        api.get(MINE, {"services": "mine", "limit": "20"}),
        post_session(history=HISTORY, services=["Mine"], limit=20),
    ):
        found = {r["movie"]["id"]: r["movie"]["services"] for r in answer.json()["results"]}
        assert found == {**{pk: ["Mine"] for pk in range(1, 5)}, 59: None, 60: None}
        assert set(list(found)[4:]) == {59, 60}


@pytest.mark.parametrize(
    "options", [{"max_runtime": "0"}, {"max_runtime": "x"}, {"services": "nobody"}]
)
def test_bad_lengths_and_services_are_refused(
    options: dict[str, str], active_model: ModelVersion, api: APIClient
) -> None:
    response = api.get(MINE, options)
    assert response.status_code == 400
    assert next(iter(options)) in response.json()["errors"]
