"""How the list of films of the API is narrowed, and says what it leaves out."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.filters import MovieFilter
from catalog.models import Movie
from movieshow.api_pages import ApiPagination


class MovieFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """Narrows by the view's filters, and leaves them with the view as `filterset`."""

    def get_filterset(self, request: Request, queryset: QuerySet[Movie], view: Any) -> MovieFilter:
        """Return the filters with what is asked."""
        view.filterset = super().get_filterset(request, queryset, view)
        found: MovieFilter = view.filterset
        return found


class MoviePagination(ApiPagination):
    """Says besides whether films are left out only because something is not known of them."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the entries from the cursor on.

        Raises:
            ValidationError: `limit` or `cursor` is not one, or an option is unknown.
        """
        filters: MovieFilter = getattr(view, "filterset")  # noqa: B009 - of one kind of view
        self._leaves_out_unknown = filters.leaves_out_unknown
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the part of the list, and what is left out of it."""
        answer = super().get_paginated_response(data)
        answer.data["leaves_out_unknown"] = self._leaves_out_unknown
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the answer."""
        answer = super().get_paginated_response_schema(schema)
        answer["required"].append("leaves_out_unknown")
        answer["properties"]["leaves_out_unknown"] = {
            "type": "boolean",
            "description": "Whether films are left out, if there are any, because it is not known "
            "whether they fit; `unknown=true` asks for them.",
        }
        return answer
