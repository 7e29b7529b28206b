"""Middleware that says who is looking, and from which browsers."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject, empty

from accounts.models import User
from accounts.second_factor import UnreadableSecretError
from accounts.selectors import get_viewer
from accounts.sessions import track_session


class ViewerMiddleware:
    """Sets `request.viewer`: the logged-in user, else the guest of the session, else None.

    The viewer is looked up when first read, so a page that does not care makes no query. Being a
    lazy object it is never `None` itself: test its truth (`if request.viewer:`), or call
    `accounts.services.ensure_viewer` where a person is needed.

    What was answered with the viewer in mind is for their eyes alone: neither a cache on the way
    nor the back button after logging out on a shared computer may show it again. Where an answer
    says itself how it may be kept, that stands.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Attach the viewer and go on."""

        def find_viewer() -> User | None:
            return get_viewer(request=request)

        request.viewer = SimpleLazyObject(find_viewer)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if "Cache-Control" not in response.headers and _has_met_viewer(request):
            response.headers["Cache-Control"] = "private, no-store"
        return response


def _has_met_viewer(request: HttpRequest) -> bool:
    """Return whether somebody was looked up and found; looks nobody up by itself."""
    looked_up = (request.__dict__.get("viewer"), request.__dict__.get("user"))
    return any(
        person and person.pk is not None  # Django's anonymous user is true
        for person in looked_up
        if not (isinstance(person, SimpleLazyObject) and person._wrapped is empty)
    )


class UnreadableSecretMiddleware:
    """Says on the account page that a second factor cannot be read, where no form has said it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on."""
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Lead to the account page; leave all other exceptions alone."""
        if not isinstance(exception, UnreadableSecretError):
            return None
        messages.error(request, exception.message)
        return redirect("account")


class SessionTrackingMiddleware:
    """Lists every browser that logs in, so that each can be logged out from afar.

    allauth lists those that came through its own pages. Others, such as one whose session got a
    new key because the person's password was changed elsewhere, are told by that new key; a
    request that keeps its key costs nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, then list the browser if it has a new session."""
        response = self.get_response(request)
        session = request.session
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if session.modified and session.session_key != cookie:
            track_session(request=request)
        return response
