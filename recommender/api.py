"""The recommendation API; each view is one call of a selector or service."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle, UserRateThrottle
from rest_framework.views import APIView

from catalog.api import ORIGIN, ViewerView
from catalog.origins import read_origin
from catalog.selectors import get_movie_cards
from movieshow.api_strictness import refuse_unknown
from movieshow.client_address import get_client_address
from movieshow.cursors import InvalidCursorError
from recommender import answer_bytes, selectors, services
from recommender.answering import answer_history, make_page_request
from recommender.output_serializers import (
    ModelCardOutput,
    RecommendationOutput,
    SessionOutput,
    SimilarOutput,
    render_items,
    render_list,
)
from recommender.serializers import (
    RecommendationOptions,
    SessionInput,
    SimilarOptions,
    make_dials,
    make_filters,
)

JSON = "application/json"
# The one option of a posted history that its URL may have.
INCLUDE = "include"


class AnonymousScopedThrottle(ScopedRateThrottle):
    """The view's scope for callers without an account; `MemberThrottle` counts the others."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on."""
        if request.user and request.user.is_authenticated:
            return True
        return bool(super().allow_request(request, view))

    def get_ident(self, request: Request) -> str:
        """Return the client's address as our own proxy saw it, not as the client claims it."""
        return get_client_address(request=request._request)


class MemberThrottle(UserRateThrottle):
    """Callers with an account, by person: a sign-up takes too little to lift every limit."""

    scope = "member"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the key to count by; None for callers without an account."""
        is_member = request.user and request.user.is_authenticated
        return super().get_cache_key(request, view) if is_member else None


@extend_schema(tags=["Recommendations"])
class MyRecommendationsView(ViewerView):
    """What the caller should watch next."""

    @extend_schema(
        operation_id="list_my_recommendations",
        summary="Recommend films to you",
        parameters=[RecommendationOptions],
        responses=RecommendationOutput,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return ranked films, none of them seen or hidden; bytes from the cache where it can."""
        try:
            page = answer_bytes.read_page_request(request.META["QUERY_STRING"])
        except InvalidCursorError as error:
            raise ValidationError({"cursor": str(error)}) from error
        raw = answer_bytes.get_recommendations_json(user_id=self.viewer.pk, page=page)
        return HttpResponse(raw, content_type=JSON)


@extend_schema(tags=["Recommendations"])
class SessionRecommendationsView(APIView):
    """What to watch next after a posted history; no account, nothing stored."""

    permission_classes = [AllowAny]
    throttle_scope = "anonymous_session"

    def get_throttles(self) -> list[BaseThrottle]:
        """Throttle callers without an account by address, and members by person."""
        return [AnonymousScopedThrottle(), MemberThrottle()]

    @extend_schema(
        operation_id="create_session_recommendations",
        summary="Recommend films after a history you send",
        request=SessionInput,
        responses=SessionOutput,
    )
    def post(self, request: Request) -> Response:
        """Return ranked films, none of them in the history."""
        data = SessionInput(data=_with_query(request))
        data.is_valid(raise_exception=True)
        options = data.validated_data
        filters = make_filters(options)
        try:
            page = make_page_request(
                filters,
                limit=options["limit"],
                cursor=options.get("cursor"),
                with_reasons=options.get("include", False),
                dials=make_dials(options),
            )
        except InvalidCursorError as error:
            raise ValidationError({"cursor": str(error)}) from error
        answer = answer_history(options["history"], page)
        catalogue = selectors.get_catalogue() if filters.service_ids else None
        body = render_list(answer, catalogue, filters=filters)
        return Response({**body, "unknown_movie_ids": list(answer.unknown_movie_ids)})


def _with_query(request: Request) -> Any:
    """Return the body, with `include` from the URL where the body has none.

    Raises:
        ValidationError: the URL has another option.
    """
    hint = f"The URL has no option here but {INCLUDE}; send the others in the body."
    refuse_unknown(request.query_params, known=[INCLUDE], hint=hint)
    body = request.data
    if isinstance(body, dict) and INCLUDE in request.query_params and INCLUDE not in body:
        return {**body, INCLUDE: request.query_params[INCLUDE]}
    return body


@extend_schema(tags=["Recommendations"])
class SimilarMoviesView(APIView):
    """Films like a film."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="list_similar_movies",
        summary="List films like a film",
        parameters=[SimilarOptions],
        responses=SimilarOutput,
    )
    def get(self, request: Request, movie_id: int) -> Response:
        """Return the films most like this one, best first."""
        options = SimilarOptions(data=request.query_params)
        options.is_valid(raise_exception=True)
        if not get_movie_cards([movie_id]):
            raise NotFound(f"No movie {movie_id}.")
        items = selectors.get_similar_movies(
            movie_id=movie_id, limit=options.validated_data["limit"]
        )
        return Response({"results": render_items(items)})


@extend_schema(tags=["Taste"])
class HiddenMovieView(ViewerView):
    """Films the caller does not want to be shown."""

    @extend_schema(
        operation_id="hide_movie",
        summary="Hide a film",
        request=None,
        parameters=[ORIGIN],
        responses={204: None},
    )
    def post(self, request: Request, movie_id: int) -> Response:
        """Hide a film; hiding it twice changes nothing."""
        origin = read_origin(request.query_params)
        services.hide_movie(user=self.viewer, movie_id=movie_id, origin=origin)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="unhide_movie", summary="Show a hidden film again", responses={204: None}
    )
    def delete(self, request: Request, movie_id: int) -> Response:  # noqa: ARG002
        """Show a film again; one that is not hidden stays as it is."""
        services.unhide_movie(user=self.viewer, movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Model"])
class ActiveModelView(APIView):
    """The model that answers now."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="get_active_model",
        summary="Describe the model that answers",
        responses=ModelCardOutput,
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a view
        """Return its card: data, training, results and terms."""
        card = selectors.get_active_model()
        if card is None:
            raise Http404
        return Response(card)
