"""Rows for tests, made as the site makes them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from catalog.models import CatalogueState, Genre, Movie, Rating
from catalog.services import bump_catalogue_version

PASSWORD = "correct horse battery"


def make_genre(name: str) -> Genre:
    return Genre.objects.get_or_create(name=name, defaults={"slug": slugify(name)})[0]


def make_movie(
    pk: int, title: str = "", *, genres: Sequence[str] = ("Drama",), **fields: Any
) -> Movie:
    movie = Movie.objects.create(pk=pk, title=title or f"Film {pk}", **fields)
    movie.genres.set([make_genre(name) for name in genres])
    return movie


def add_movie(title: str, *, year: int | None = None, genres: Sequence[str] = ()) -> Movie:
    """Add a movie of an id of the site's own, as its administrators do."""
    movie = Movie.objects.create(title=title, year=year)
    movie.genres.set([make_genre(name) for name in genres])
    bump_catalogue_version()
    return movie


def make_member(username: str = "ada", **fields: Any) -> User:
    return User.objects.create_user(username, f"{username}@example.org", PASSWORD, **fields)


def make_guest(username: str = "guest:1") -> User:
    """Return a guest of thirty days, as one is made of a browser that first writes something."""
    expires_at = timezone.now() + timedelta(days=30)
    return User.objects.create(username=username, is_guest=True, expires_at=expires_at)


def read_history(user_id: int) -> list[tuple[int, Decimal, datetime]]:
    """Return what a person rated as (movie id, stars, watched at), in the order of a history."""
    rows = Rating.objects.filter(user_id=user_id).order_by("watched_at", "id")
    return list(rows.values_list("movie_id", "stars", "watched_at"))


def read_catalogue_version() -> int:
    """Return the number that grows with every change of the catalogue."""
    return CatalogueState.objects.values_list("version", flat=True).first() or 0


def count_queries(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def count_queries_of(client: Client, url: str) -> int:
    """Return the queries of one GET, which must succeed."""

    def get() -> None:
        response = client.get(url)
        assert response.status_code == 200, response.content[:500]

    return count_queries(get)


def give_password_again(client: Client) -> None:
    """Answer, ahead of what asks for it, that it is really oneself."""
    answer = client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302, answer.content[:500]


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    """Check that an answer is a problem document (RFC 9457) and return it."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "instance"} <= body.keys()
    return body
