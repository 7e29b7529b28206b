"""What every API view shares: reading JSON, and RFC 9457 problem+json errors."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

PROBLEM_JSON = "application/problem+json"


class ContentNegotiation(DefaultContentNegotiation):
    """Answers in JSON, whatever a caller says to accept, where a view speaks nothing else."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return what renders the answer, and its media type (RFC 9110, section 12.5.1)."""
        first, *others = renderers
        if not others:
            return first, first.media_type or ""
        chosen: tuple[BaseRenderer, str] = super().select_renderer(
            request, [first, *others], format_suffix
        )
        return chosen


class BoundedJsonParser(JSONParser):
    """Reads JSON; what is nested more deeply than Python follows is the sender's mistake."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body.

        Raises:
            ParseError: It is not JSON, or its arrays and objects lie too deep in each other.
        """
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error


def problem_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an API error as a problem document (RFC 9457, section 3).

    Members: `type`, `title`, `status`, `detail`, `instance`, and for invalid input `errors`, a map
    from field to messages. Errors that are not the API's own return None and become a 500.
    """
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    status = exc.status_code
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "instance": context["request"].path,
    }
    if isinstance(exc, exceptions.ValidationError):
        body["detail"] = "The request is not valid: see errors."
        body["errors"] = (
            exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        )
    else:
        body["detail"] = str(exc.detail)
    headers = {}
    if (challenge := getattr(exc, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return Response(body, status=status, headers=headers, content_type=PROBLEM_JSON)
