"""Errors outside any API view, in the API's own words: RFC 9457 problem+json below /api/."""

from http import HTTPStatus
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from movieshow.api import PROBLEM_JSON

API_PREFIX = "/api/"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "object",
            "description": "For invalid input: messages by field.",
            "additionalProperties": True,
        },
    },
}


@extend_schema(exclude=True)
class UnknownPathView(APIView):
    """Every path below /api/ that is no other: 404, whatever the method."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refuse.

        Raises:
            NotFound: Always.
        """
        raise NotFound("There is nothing at this address; /api/v1/docs lists what there is.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django refused before any view."""
    if request.path.startswith(API_PREFIX):
        return _problem(request, HTTPStatus.BAD_REQUEST, "The request is malformed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer a request that broke the site."""
    if request.path.startswith(API_PREFIX):
        detail = "The server failed; it has been logged."
        return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail)
    return defaults.server_error(request)


def _problem(request: HttpRequest, status: HTTPStatus, detail: str) -> JsonResponse:
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": request.path,
    }
    return JsonResponse(body, status=status.value, content_type=PROBLEM_JSON)


def add_problem_responses(
    result: dict[str, Any],
    generator: object,  # noqa: ARG001
    request: object,  # noqa: ARG001
    public: bool,  # noqa: ARG001
) -> dict[str, Any]:
    """Tell the API's document that every operation answers errors as problems."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    problem = {
        "description": "Anything else: a problem document.",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", problem)
    return result
