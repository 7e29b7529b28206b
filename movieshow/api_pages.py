"""How lists of the API come in parts: by `limit` and `cursor`, as recommendations do."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from movieshow.api_strictness import StrictSerializer
from movieshow.cursors import Cursor, InvalidCursorError, decode_cursor, encode_cursor

# Entries in one answer.
MAX_LIMIT = 100


class PageOptions(StrictSerializer):
    """Which part of a list is asked for; `filters` of the context names what narrows the list."""

    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_LIMIT)
    cursor = serializers.CharField(required=False, max_length=200)

    def validate_cursor(self, value: str) -> int:
        """Return how many entries come before.

        Raises:
            ValidationError: it is not what a list carried.
        """
        try:
            place = decode_cursor(value)
        except InvalidCursorError as error:
            raise serializers.ValidationError(str(error)) from error
        if place.recommendation_id is not None:
            raise serializers.ValidationError("This cursor is of recommendations.")
        return place.offset

    def get_known_names(self) -> Iterable[str]:
        """Return the names of the filters and of the fields."""
        return [*self.context.get("filters", ()), *self.fields]

    def to_internal_value(self, data: Any) -> Any:
        """Refuse the pages of another scheme: their reader would get the first one for ever.

        Raises:
            ValidationError: there are such, or there is an unknown name, or a value is not valid.
        """
        if other := [name for name in ("page", "page_size", "offset") if name in data]:
            text = "Ask by `limit`, and by `cursor`: the `next_cursor` of the answer before."
            raise serializers.ValidationError({name: [text] for name in other})
        return super().to_internal_value(data)


class ApiPagination(BasePagination):
    """`?limit=50&cursor=…`, as recommendations have it; at most 100 at once."""

    default_limit = 20

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: APIView | None = None,
    ) -> list[Any]:
        """Return the entries from the cursor on.

        Raises:
            ValidationError: `limit` or `cursor` is not one, or an option is unknown.
        """
        filters = getattr(getattr(view, "filterset_class", None), "base_filters", ())
        options = PageOptions(data=request.query_params, context={"filters": filters})
        options.is_valid(raise_exception=True)
        start = options.validated_data.get("cursor", 0)
        end = start + options.validated_data.get("limit", self.default_limit)
        self._count = queryset.count()
        self._next = encode_cursor(Cursor(None, end)) if end < self._count else None
        return list(queryset[start:end]) if start < self._count else []

    def get_paginated_response(self, data: Any) -> Response:
        """Return how many there are, the entries, and the cursor of those that follow."""
        return Response({"count": self._count, "next_cursor": self._next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the answer."""
        return {
            "type": "object",
            "required": ["count", "next_cursor", "results"],
            "properties": {
                "count": {"type": "integer", "description": "How many there are in all."},
                "next_cursor": {
                    "type": "string",
                    "nullable": True,
                    "description": "Give it as `cursor` for what follows; null at the end.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # noqa: ARG002
        """Describe the options."""
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "How many at most.",
                "schema": {**limit, "default": self.default_limit},
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "`next_cursor` of the answer before.",
                "schema": {"type": "string", "maxLength": 200},
            },
        ]


class ShortListPagination(ApiPagination):
    """The same, for lists that nobody wants in parts."""

    default_limit = MAX_LIMIT
