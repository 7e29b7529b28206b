"""Who calls the API: guests, and callers who ask too often or send too much."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle, UserRateThrottle

from accounts.models import User
from recommender.models import ModelVersion
from tests.catalog.factories import make_member
from tests.recommender.test_api import HIDDEN, HISTORY, MINE, SESSION, post_session


def test_callers_without_an_account_are_throttled(
    active_model: ModelVersion, monkeypatch: pytest.MonkeyPatch, viewer: User
) -> None:
    from recommender.api import AnonymousScopedThrottle

    monkeypatch.setitem(AnonymousScopedThrottle.THROTTLE_RATES, "anonymous_session", "2/min")
    statuses = [post_session(history=[]).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    client = APIClient()
    client.force_authenticate(viewer)
    assert client.post(SESSION, {"history": []}, format="json").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"history": [{}] * 20_000},
        {"history": HISTORY, "genres": [[]] * 20_000},
    ],
)
def test_huge_input_gets_one_short_error(body: dict[str, Any]) -> None:
    response = post_session(**body)
    assert response.status_code == 400
    assert len(response.content) < 1000


def test_members_are_throttled_by_person(
    active_model: ModelVersion, monkeypatch: pytest.MonkeyPatch, viewer: User
) -> None:
    monkeypatch.setitem(UserRateThrottle.THROTTLE_RATES, "member", "2/min")
    client = APIClient()
    client.force_authenticate(viewer)
    codes = [
        client.post(SESSION, {"history": []}, format="json").status_code for _number in range(3)
    ]
    assert codes == [200, 200, 429]
    other = APIClient()
    other.force_authenticate(make_member("bob"))
    assert other.post(SESSION, {"history": []}, format="json").status_code == 200


def test_throttle_counts_the_client_whatever_address_it_claims(
    active_model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "anonymous_session", "3/min")
    codes = [
        APIClient(headers={"X-Forwarded-For": f"10.0.0.{number}"})
        .post(SESSION, {"history": HISTORY}, format="json")
        .status_code
        for number in range(4)
    ]
    assert codes == [200, 200, 200, 429]


def test_guest_of_a_browser_gets_and_hides_films(active_model: ModelVersion) -> None:
    guest = Client()
    for movie_id in (20, 23, 26, 29, 32):
        guest.post(f"/movies/{movie_id}/rating/", {"stars": "4.0"})
    assert len(guest.get(MINE).json()["results"]) == 10
    assert guest.post(HIDDEN).status_code == 204
    assert 3 not in [
        item["movie"]["id"] for item in guest.get(MINE, {"limit": 50}).json()["results"]
    ]
