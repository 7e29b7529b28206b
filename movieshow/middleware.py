"""Middleware of the whole site."""

import uuid
from collections.abc import Callable
from http import HTTPStatus

import structlog
from csp.constants import HEADER, UNSAFE_EVAL, UNSAFE_INLINE
from csp.utils import build_policy
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars, clear_contextvars

from movieshow.client_address import get_client_address
from movieshow.logs import SECRET_IN_PATH

logger = structlog.get_logger(__name__)


class ContentPolicyMiddleware:
    """The strict content security policy, eased where libraries' own pages need it.

    The admin's theme ships Alpine.js, which evaluates expressions in attributes, and inline styles;
    the page of the API has inline styles. Each policy is put together once, not for every answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        style: dict[str, list[str]] = {"style-src": [UNSAFE_INLINE]}
        self._strict = build_policy()
        self._of_api_page = build_policy(update=style)
        self._of_admin = build_policy(update={**style, "script-src": [UNSAFE_EVAL, UNSAFE_INLINE]})

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the policy header."""
        response = self.get_response(request)
        response.headers.setdefault(HEADER, self._choose(request.path))
        return response

    def _choose(self, path: str) -> str:
        if path.startswith("/admin/"):
            return self._of_admin
        return self._of_api_page if path == "/api/v1/docs" else self._strict


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses pages; an answer of the API fits into a packet or two as it is.

    A page holds secrets beside what a visitor sent, which compression can betray by its length
    (BREACH). Django masks its CSRF token anew in every answer and adds random bytes to what is
    compressed ("Heal the BREACH", 2022); session keys are never in a page. Pages of the account,
    where recovery codes and the key of an authenticator stand, are not compressed at all.
    """

    UNCOMPRESSED = "/account/"

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress where the browser takes it."""
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_page or request.path.startswith(self.UNCOMPRESSED):
            return response
        return super().process_response(request, response)


class QueueAccessMiddleware:
    """Lets superusers alone see and change the job queues; django-rq would let in any staff."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on; the check comes once the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_args: object) -> None:
        """Refuse staff without all rights.

        Raises:
            PermissionDenied: The view is one of the queues' and the user is no superuser.
        """
        is_of_queues = getattr(view, "__module__", "").startswith("django_rq.")
        if is_of_queues and request.user.is_staff and not request.user.is_superuser:
            raise PermissionDenied


class RequestLogMiddleware:
    """Logs each request in one line when it ends, all that it logs meanwhile under one id.

    Nothing in it would let a reader of the log act as somebody else: the query string is left out
    (it holds what people search for), so is the secret part of links that are sent, and the address
    is the one our own proxy saw.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, then log."""
        bind_contextvars(request_id=str(uuid.uuid4()), ip=get_client_address(request=request))
        response = self.get_response(request)
        log = logger.info if response.status_code < HTTPStatus.BAD_REQUEST else logger.warning
        log(
            "request_finished",
            code=response.status_code,
            request=self.format_request(request),
            user_id=_find_user_id(request),
        )
        clear_contextvars()
        return response

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path."""
        return f"{request.method} {SECRET_IN_PATH.sub('...', request.path)}"


def _find_user_id(request: HttpRequest) -> int | None:
    """Return who asked, if anybody has looked: a log line is no reason for a query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):  # by session; the API puts a plain user there
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
