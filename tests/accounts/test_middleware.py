from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.middleware import SessionTrackingMiddleware
from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY
from accounts.sessions import end_other_sessions
from accounts.tokens import create_api_token
from catalog.posters import compute_poster_key
from tests.catalog.factories import count_queries, make_movie

pytestmark = pytest.mark.django_db


def session_of(guest_id: object) -> SessionStore:
    session = SessionStore()
    session[GUEST_SESSION_KEY] = guest_id
    return session


def test_member_is_the_viewer_even_with_a_guest_about(
    browse: Any, member: User, guest: User
) -> None:
    assert browse(user=member, session=session_of(guest.pk)).viewer == member


def test_guest_of_the_session_is_the_viewer(browse: Any, guest: User) -> None:
    viewer = browse(session=session_of(guest.pk)).viewer
    assert viewer == guest
    assert viewer.is_guest


def test_stranger_is_nobody(browse: Any) -> None:
    assert not browse().viewer


def test_guest_whom_staff_closed_is_nobody(browse: Any, guest: User, as_guest: Client) -> None:
    User.objects.filter(pk=guest.pk).update(is_active=False)
    assert not browse(session=session_of(guest.pk)).viewer
    assert as_guest.get("/api/v1/me/ratings").status_code == 401


@pytest.mark.parametrize("guest_id", [0, 10**30, "1", None, [1]])
def test_broken_session_is_nobody(browse: Any, guest_id: object) -> None:
    assert not browse(session=session_of(guest_id)).viewer


def test_expired_guest_is_nobody(browse: Any, guest: User) -> None:
    User.objects.filter(pk=guest.pk).update(expires_at=timezone.now())
    assert not browse(session=session_of(guest.pk)).viewer


def test_member_in_a_guests_place_is_nobody(browse: Any, member: User) -> None:
    assert not browse(session=session_of(member.pk)).viewer


def test_viewer_nobody_asks_for_costs_no_query(browse: Any, guest: User) -> None:
    session = session_of(guest.pk)
    assert count_queries(lambda: browse(session=session)) == 0
    request = browse(session=session)
    assert count_queries(lambda: (request.viewer.pk, request.viewer.is_guest)) == 1


def test_browser_that_another_library_logs_in_can_be_logged_out_from_afar(
    browse: Any, member: User
) -> None:
    def log_in(request: HttpRequest) -> HttpResponse:
        login(request, member, backend="django.contrib.auth.backends.ModelBackend")
        update_session_auth_hash(request, member)
        return HttpResponse()

    request = browse()
    SessionTrackingMiddleware(log_in)(request)
    key = request.session.session_key
    assert UserSession.objects.get().session_key == key
    assert end_other_sessions(user=member, current_key="another") == 1
    assert not SessionStore().exists(key)


def test_request_that_keeps_its_session_looks_for_no_list(browse: Any, member: User) -> None:
    session = SessionStore()
    session.create()
    request = browse(user=member, session=session)
    request.COOKIES["sessionid"] = session.session_key
    middleware = SessionTrackingMiddleware(lambda _request: HttpResponse())
    assert count_queries(lambda: middleware(request)) == 0


@pytest.mark.parametrize("path", ["/lists/", "/search/", "/account/", "/ratings/", "/watchlist/"])
def test_pages_of_somebody_known_are_kept_nowhere(
    path: str, member: User, as_guest: Client
) -> None:
    browser = Client()
    browser.force_login(member)
    for known in (browser, as_guest):
        assert known.get(path, follow=True)["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in Client().get(path, follow=True)


def test_answers_of_the_api_to_somebody_known_are_kept_nowhere(
    member: User, as_guest: Client
) -> None:
    _token, key = create_api_token(user=member, name="phone")
    by_token = Client(headers={"authorization": f"Bearer {key}"})
    for known in (by_token, as_guest):
        assert known.get("/api/v1/me/ratings")["Cache-Control"] == "private, no-store"
    assert by_token.get("/api/v1/genres")["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in Client().get("/api/v1/genres")


def test_what_may_be_kept_is_kept_whoever_asks(as_guest: Client) -> None:
    movie = make_movie(1)
    key = compute_poster_key(title=movie.title, year=movie.year, genres=[])
    for path in ("/favicon.ico", f"/posters/{movie.pk}-{key}.svg"):
        assert "public" in as_guest.get(path, follow=True)["Cache-Control"]
