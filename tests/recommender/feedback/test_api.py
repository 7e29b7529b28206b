"""Events reported by apps: who may, what is refused, and that each counts once."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from catalog.models import Movie
from recommender.models import Event
from tests.catalog.factories import assert_problem

EVENTS = "/api/v1/events"
ANSWER = uuid.uuid4().hex


@pytest.fixture
def api(viewer: User, catalogue: list[Movie]) -> APIClient:
    client = APIClient()
    client.force_authenticate(viewer)
    return client


def make_event(**changes: Any) -> dict[str, Any]:
    return {"recommendation_id": ANSWER, "movie_id": 3, "kind": "click"} | changes


def post(client: APIClient, *events: Any) -> Any:
    return client.post(EVENTS, {"events": list(events)}, format="json")


def test_event_is_recorded_once_however_often_it_is_reported(api: APIClient, viewer: User) -> None:
    other = make_event(kind="watched")
    first = post(api, make_event(), make_event(), other)
    assert (first.status_code, first.json()) == (200, {"recorded": 2, "known": 1})
    assert post(api, make_event(), other).json() == {"recorded": 0, "known": 2}
    rows = Event.objects.filter(user=viewer, movie_id=3, recommendation_id=ANSWER)
    assert sorted(rows.values_list("kind", flat=True)) == ["click", "watched"]


def test_nobody_is_in_the_way_of_anothers_event(api: APIClient, catalogue: list[Movie]) -> None:
    other = APIClient()
    other.force_authenticate(User.objects.create_user("other"))
    assert post(other, make_event()).json()["recorded"] == 1
    assert post(api, make_event()).json()["recorded"] == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recommendation_id": "mine"}, "recommendation_id"),
        ({"recommendation_id": None}, "recommendation_id"),
        ({"movie_id": "three"}, "movie_id"),
        ({"movie_id": 2**40}, "movie_id"),
        ({"kind": "adored"}, "kind"),
        ({"happened_at": "2999-01-01T00:00:00Z"}, "happened_at"),
        ({"happened_at": "yesterday"}, "happened_at"),
    ],
)
def test_bad_event_is_named(api: APIClient, changes: dict[str, Any], field: str) -> None:
    body = assert_problem(post(api, make_event(), make_event(**changes)), 400)
    errors = body["errors"]["events"]
    assert field in (errors["1"] if isinstance(errors, dict) else errors[1])
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": "all"}, {"events": [{}] * 101}])
def test_body_without_one_to_a_hundred_events_is_refused(api: APIClient, body: Any) -> None:
    response = api.post(EVENTS, body, format="json")
    assert_problem(response, 400)
    assert len(response.content) < 1000


def test_film_that_is_none_is_named_and_nothing_recorded(api: APIClient) -> None:
    body = assert_problem(post(api, make_event(), make_event(movie_id=987_654)), 400)
    assert "987654" in str(body["errors"])
    assert not Event.objects.exists()


def test_strangers_cannot_report_and_other_methods_are_none(
    api: APIClient, catalogue: list[Movie]
) -> None:
    assert_problem(post(APIClient(), make_event()), 401)
    for method in ("get", "put", "patch", "delete"):
        assert_problem(getattr(api, method)(EVENTS), 405)


def test_reporting_is_throttled(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "events", "2/min")
    assert [post(api, make_event()).status_code for _ in range(3)] == [200, 200, 429]


def test_nothing_is_recorded_of_who_does_not_allow_it(api: APIClient, viewer: User) -> None:
    viewer.allows_training = False
    viewer.save()
    assert post(api, make_event()).json() == {"recorded": 0, "known": 0}
    assert not Event.objects.exists()


def test_many_events_take_as_many_queries_as_one(api: APIClient) -> None:
    def count(*events: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            post(api, *events)
        return len(queries)

    many = [make_event(movie_id=movie_id) for movie_id in range(1, 51)]
    assert count(*many) <= count(make_event(kind="watched"))


def test_events_are_in_the_schema(client: Any) -> None:
    schema = client.get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    operation = schema["paths"]["/api/v1/events"]["post"]
    assert operation["operationId"] == "report_events"
    rated = schema["paths"]["/api/v1/me/ratings/{movie_id}"]["put"]["parameters"]
    assert "from" in [parameter["name"] for parameter in rated]
