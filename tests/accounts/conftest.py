from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.middleware import ViewerMiddleware
from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY
from tests.accounts.steps import NAME, log_in
from tests.catalog.factories import make_guest, make_member


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def member(db: None) -> User:
    return make_member()


@pytest.fixture
def guest(db: None) -> User:
    return make_guest()


@pytest.fixture
def zaphod(db: None) -> User:
    return make_member(NAME)


@pytest.fixture
def browser(zaphod: User) -> Client:
    """A browser in which Zaphod is logged in."""
    return log_in()


@pytest.fixture
def browse(rf: RequestFactory, db: None) -> Callable[..., Any]:
    """Return a request as the middleware leaves it, of a session and perhaps a user."""
    from django.contrib.auth.models import AnonymousUser

    def make(
        *, user: User | None = None, session: SessionStore | None = None, address: str = "192.0.2.1"
    ) -> HttpRequest:
        request = rf.get("/", REMOTE_ADDR=address)
        request.session = session if session is not None else SessionStore()
        request.user = user or AnonymousUser()
        ViewerMiddleware(lambda _request: HttpResponse())(request)
        return request

    return make


@pytest.fixture
def as_guest(client: Client, guest: User) -> Client:
    session = client.session
    session[GUEST_SESSION_KEY] = guest.pk
    session.save()
    return client
