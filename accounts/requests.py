"""What page views share: who looks, who writes, and where to go afterwards."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.services import TooManyGuestsError, ensure_viewer

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request as the middleware leaves it."""

    viewer: User | None
    htmx: HtmxDetails


def get_request_viewer(request: PageRequest) -> User | None:
    """Return who looks, a member or a guest, as a plain object; None for somebody new."""
    return request.viewer or None


def get_next_url(request: HttpRequest, *, default: str) -> str:
    """Return the `next` of a form when it stays on this site, else the default."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else default


def refuse(request: PageRequest, text: str, *, status: HTTPStatus, default: str) -> HttpResponse:
    """Say why a form was not accepted: as text to htmx, else as a message on the next page."""
    if request.htmx:
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    messages.error(request, text)
    return HttpResponseRedirect(get_next_url(request, default=default))


def confirm(request: PageRequest, text: str, *, undo: str = "") -> None:
    """Say on the next page what was done, with a button that posts to `undo` where it is given."""
    # `_messages.html` tells an undo by its tags being an address.
    messages.success(request, text, extra_tags=undo)


def read_number(text: str) -> int:
    """Return a whole number of up to 15 digits, else 0, which is nothing's id."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0


def with_writer(
    view: Callable[Concatenate[PageRequest, User, P], HttpResponse],
) -> Callable[Concatenate[PageRequest, P], HttpResponse]:
    """Give a view that writes the person who writes, a new guest where nobody is known yet."""

    @wraps(view)
    def wrapped(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            writer = ensure_viewer(request=request)
        except TooManyGuestsError as error:
            return refuse(request, str(error), status=HTTPStatus.TOO_MANY_REQUESTS, default="/")
        return view(request, writer, *args, **kwargs)

    return wrapped
