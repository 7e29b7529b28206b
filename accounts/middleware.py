"""Middleware that says who is looking."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.selectors import get_viewer


class ViewerMiddleware:
    """Sets `request.viewer`: the logged-in user, else the guest of the session, else None.

    The viewer is looked up when first read, so a page that does not care makes no query. Being a
    lazy object it is never `None` itself: test its truth (`if request.viewer:`), or call
    `accounts.services.ensure_viewer` where a person is needed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Attach the viewer and go on."""

        def find_viewer() -> User | None:
            return get_viewer(request=request)

        request.viewer = SimpleLazyObject(find_viewer)  # type: ignore[attr-defined]
        return self.get_response(request)
