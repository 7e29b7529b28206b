from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY
from accounts.services import create_api_token
from catalog.models import Movie, Rating
from catalog.services import add_to_watchlist, set_rating
from tests.catalog.factories import (
    assert_problem,
    count_queries_of,
    make_guest,
    make_member,
    make_movie,
)

pytestmark = pytest.mark.django_db
RATINGS = "/api/v1/me/ratings"
RATING = "/api/v1/me/ratings/2571"
WATCHLIST = "/api/v1/me/watchlist"
ENTRY = "/api/v1/me/watchlist/2571"


def send(client: Client, method: str, url: str, data: Any = None, **headers: str) -> Any:
    return getattr(client, method)(
        url, data=data, content_type="application/json", headers=headers or None
    )


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", RATINGS),
        ("get", RATING),
        ("put", RATING),
        ("delete", RATING),
        ("get", WATCHLIST),
        ("get", ENTRY),
        ("put", ENTRY),
        ("delete", ENTRY),
    ],
)
def test_strangers_are_asked_to_authenticate(client: Client, method: str, url: str) -> None:
    response = send(client, method, url, {"rating": 4})
    assert_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        *(
            (method, url)
            for method in ("post", "put", "patch", "delete")
            for url in (RATINGS, WATCHLIST)
        ),
        *((method, url) for method in ("post", "patch") for url in (RATING, ENTRY)),
    ],
)
def test_wrong_method_is_refused(logged_in: Client, method: str, url: str) -> None:
    assert_problem(send(logged_in, method, url, {}), 405)


def test_rating_is_put_read_changed_and_deleted(logged_in: Client, movie: Movie) -> None:
    made = send(logged_in, "put", RATING, {"rating": 4.5})
    assert made.status_code == 201
    assert made.json()["rating"] == 4.5
    assert made.json()["movie"]["title"] == "The Matrix"
    rated_at = made.json()["rated_at"]

    changed = send(logged_in, "put", RATING, {"rating": 2})
    assert (changed.status_code, changed.json()["rating"]) == (200, 2.0)
    assert changed.json()["rated_at"] == rated_at
    assert logged_in.get(RATING).json() == changed.json()
    assert logged_in.get(RATINGS).json()["results"] == [changed.json()]

    assert send(logged_in, "delete", RATING).status_code == 204
    assert_problem(send(logged_in, "delete", RATING), 404)
    assert_problem(logged_in.get(RATING), 404)


@pytest.mark.parametrize("rating", [0, 5.5, 4.25, 4.3, "many", None, True, [], 1e300])
def test_wrong_stars_are_a_problem_that_names_them(
    logged_in: Client, movie: Movie, rating: Any
) -> None:
    body = assert_problem(send(logged_in, "put", RATING, {"rating": rating}), 400)
    assert list(body["errors"]) == ["rating"]
    assert not Rating.objects.exists()


def test_rating_in_the_future_is_refused(logged_in: Client, movie: Movie) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    body = assert_problem(send(logged_in, "put", RATING, {"rating": 4, "rated_at": tomorrow}), 400)
    assert list(body["errors"]) == ["rated_at"]


def test_rating_of_the_past_takes_its_place(logged_in: Client, movie: Movie) -> None:
    response = send(logged_in, "put", RATING, {"rating": 4, "rated_at": "2001-02-03T04:05:06Z"})
    assert response.json()["rated_at"] == "2001-02-03T04:05:06Z"


@pytest.mark.parametrize("movie_id", [404, 10**30])
@pytest.mark.parametrize("url", [RATINGS, WATCHLIST])
def test_unknown_movie_is_not_found(logged_in: Client, url: str, movie_id: int) -> None:
    for method in ("get", "put", "delete"):
        assert_problem(send(logged_in, method, f"{url}/{movie_id}", {"rating": 4}), 404)


def test_malformed_json_is_a_problem(logged_in: Client, movie: Movie) -> None:
    assert_problem(logged_in.put(RATING, "{", content_type="application/json"), 400)
    assert_problem(logged_in.put(RATING, "[]", content_type="application/json"), 400)
    assert_problem(logged_in.put(RATING, "rating=4", content_type="text/plain"), 415)


def test_watchlist_is_filled_read_and_emptied(logged_in: Client, movie: Movie) -> None:
    first = send(logged_in, "put", ENTRY)
    assert first.status_code == 200
    assert send(logged_in, "put", ENTRY).json() == first.json()
    assert logged_in.get(ENTRY).json() == first.json()
    assert logged_in.get(WATCHLIST).json()["results"] == [first.json()]
    assert send(logged_in, "delete", ENTRY).status_code == 204
    assert_problem(send(logged_in, "delete", ENTRY), 404)


@pytest.mark.parametrize("url", [RATINGS, WATCHLIST])
def test_longer_list_takes_no_more_queries(logged_in: Client, member: User, url: str) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            make_movie(number, genres=["Drama", "War"])
            set_rating(user=member, movie_id=number, stars=4)
            add_to_watchlist(user=member, movie_id=number)

    add(range(1, 2))
    few = count_queries_of(logged_in, url)
    add(range(2, 20))
    assert count_queries_of(logged_in, url) <= few


def test_nobody_sees_the_ratings_of_others(logged_in: Client, movie: Movie) -> None:
    set_rating(user=make_member("eve"), movie_id=movie.pk, stars=4)
    assert logged_in.get(RATINGS).json()["count"] == 0
    assert_problem(logged_in.get(RATING), 404)
    assert_problem(send(logged_in, "delete", RATING), 404)


def test_session_must_bring_its_csrf_token(member: User, movie: Movie) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    assert_problem(send(client, "put", RATING, {"rating": 4}), 403)
    assert client.get(RATINGS).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_token_needs_no_csrf_token(member: User, movie: Movie, scheme: str) -> None:
    _, key = create_api_token(user=member, name="app")
    client = Client(enforce_csrf_checks=True)
    response = send(client, "put", RATING, {"rating": 4}, authorization=f"{scheme} {key}")
    assert response.status_code == 201


@pytest.fixture
def guest(db: None) -> User:
    return make_guest()


def _as_guest(guest: User, client: Client) -> Client:
    session = client.session
    session[GUEST_SESSION_KEY] = guest.pk
    session.save()
    return client


def test_guest_of_a_session_has_ratings_too(guest: User, movie: Movie) -> None:
    client = _as_guest(guest, Client())
    assert send(client, "put", RATING, {"rating": 4}).status_code == 201
    assert client.get(RATINGS).json()["count"] == 1
    assert Rating.objects.get().user == guest


def test_guest_must_bring_the_csrf_token(guest: User, movie: Movie) -> None:
    client = _as_guest(guest, Client(enforce_csrf_checks=True))
    assert_problem(send(client, "put", RATING, {"rating": 4}), 403)


def test_expired_guest_is_a_stranger(guest: User) -> None:
    User.objects.filter(pk=guest.pk).update(expires_at=timezone.now())
    assert_problem(_as_guest(guest, Client()).get(RATINGS), 401)
