"""The catalogue, one's ratings and one's watchlist in the REST API."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import ApiTokenAuthentication, ViewerSessionAuthentication
from accounts.models import User
from catalog import selectors, serializers, services
from catalog.filter_api import MovieFilterBackend, MoviePagination
from catalog.filters import MovieFilter
from catalog.models import Genre, Movie, Rating, WatchlistEntry
from catalog.origins import ORIGIN_PARAMETER, read_origin
from movieshow.api_pages import ApiPagination, ShortListPagination

ORIGIN = OpenApiParameter(
    ORIGIN_PARAMETER, str, description="The `recommendation_id` of the answer that showed the film."
)


@extend_schema(tags=["Films"])
@extend_schema_view(get=extend_schema(summary="List genres"))
class GenreListView(generics.ListAPIView[Genre]):
    """All genres, by name."""

    permission_classes = [AllowAny]
    queryset = Genre.objects.order_by("name")
    serializer_class = serializers.GenreSerializer
    pagination_class = ShortListPagination
    filterset_class = None


@extend_schema(tags=["Films"])
@extend_schema_view(get=extend_schema(summary="List films"))
class MovieListView(generics.ListAPIView[Movie]):
    """The catalogue, most rated first; narrowed and ordered by the query.

    A film of which it is not known whether it fits is left out, and `leaves_out_unknown` of the
    answer says so; give `unknown=true` to have such films too, behind those that fit. Those of
    unknown length are never left out.
    """

    permission_classes = [AllowAny]
    queryset = Movie.objects.prefetch_related("genres").defer("extract")
    serializer_class = serializers.MovieSummarySerializer
    pagination_class = MoviePagination
    filter_backends = [MovieFilterBackend]
    filterset_class = MovieFilter
    filterset: MovieFilter


@extend_schema(tags=["Films"])
@extend_schema_view(get=extend_schema(summary="Get a film"))
class MovieView(generics.RetrieveAPIView[Movie]):
    """One movie."""

    permission_classes = [AllowAny]
    queryset = Movie.objects.prefetch_related("genres")
    serializer_class = serializers.MovieSerializer
    lookup_url_kwarg = "movie_id"
    filter_backends = []

    def get_object(self) -> Movie:
        """Return the movie.

        Raises:
            NotFound: there is none of this id.
        """
        try:
            return super().get_object()
        except Http404 as error:
            raise NotFound(str(services.UnknownMovieError(self.kwargs["movie_id"]))) from error


@extend_schema(tags=["Films"])
class SearchView(APIView):
    """Search by title, as one types and with typing errors."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="search_movies",
        summary="Search films by title",
        parameters=[serializers.SearchQuerySerializer],
        responses=serializers.SearchResultsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the movies whose titles match `q`, best first."""
        query = serializers.SearchQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        cards = selectors.search_movies(query.validated_data["q"], query.validated_data["limit"])
        return Response(serializers.SearchResultsSerializer({"results": cards}).data)


class ViewerView(APIView):
    """For whoever is known: by token, by log-in, or as the guest of a browser session."""

    authentication_classes = [ApiTokenAuthentication, ViewerSessionAuthentication]
    permission_classes = [IsAuthenticated]

    @property
    def viewer(self) -> User:
        """The person whose ratings these are."""
        return cast(User, self.request.user)

    def handle_exception(self, exc: Exception) -> Response:
        """Say in the API's words what the services refuse."""
        if isinstance(exc, services.UnknownMovieError):
            exc = NotFound(str(exc))
        elif isinstance(exc, services.UnknownUserError):
            exc = NotAuthenticated(str(exc))
        elif isinstance(exc, services.InvalidWatchedAtError):
            exc = ValidationError({"rated_at": [str(exc)]})
        return super().handle_exception(exc)


@extend_schema(tags=["Ratings"])
@extend_schema_view(get=extend_schema(summary="List your ratings"))
class MyRatingsView(ViewerView, generics.ListAPIView[Rating]):
    """One's ratings, last watched first."""

    queryset = Rating.objects.none()
    serializer_class = serializers.RatingSerializer
    pagination_class = ApiPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[Rating]:
        """Return the person's own."""
        return selectors.get_ratings(self.viewer.pk) if self.viewer.pk else self.queryset


@extend_schema(tags=["Ratings"])
class MyRatingView(ViewerView):
    """One's rating of one movie."""

    @extend_schema(
        operation_id="get_rating",
        summary="Get your rating of a film",
        responses=serializers.RatingSerializer,
    )
    def get(self, request: Request, movie_id: int) -> Response:  # noqa: ARG002
        """Return the rating; 404 where there is none."""
        rating = selectors.get_ratings(self.viewer.pk).filter(movie_id=movie_id).first()
        if rating is None:
            raise NotFound(f"You have not rated movie {movie_id}.")
        return Response(serializers.RatingSerializer(rating).data)

    @extend_schema(
        operation_id="set_rating",
        summary="Rate a film",
        parameters=[ORIGIN],
        request=serializers.RatingInputSerializer,
        responses={200: serializers.RatingSerializer, 201: serializers.RatingSerializer},
    )
    def put(self, request: Request, movie_id: int) -> Response:
        """Rate the movie, or change the rating; it keeps its place in the history."""
        given = serializers.RatingInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        was_rated = bool(selectors.get_stars(user_id=self.viewer.pk, movie_ids=[movie_id]))
        services.set_rating(
            user=self.viewer,
            movie_id=movie_id,
            stars=given.validated_data["rating"],
            watched_at=given.validated_data["rated_at"],
            origin=read_origin(request.query_params),
        )
        answer = self.get(request, movie_id)
        answer.status_code = status.HTTP_200_OK if was_rated else status.HTTP_201_CREATED
        return answer

    @extend_schema(operation_id="remove_rating", summary="Remove a rating", responses={204: None})
    def delete(self, request: Request, movie_id: int) -> Response:  # noqa: ARG002
        """Take the rating back; 404 where there is none."""
        was_rated = services.remove_rating(user=self.viewer, movie_id=movie_id)
        if not was_rated:
            raise NotFound(f"You have not rated movie {movie_id}.")
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Watchlist"])
@extend_schema_view(get=extend_schema(summary="List your watchlist"))
class MyWatchlistView(ViewerView, generics.ListAPIView[WatchlistEntry]):
    """One's watchlist, newest first."""

    queryset = WatchlistEntry.objects.none()
    serializer_class = serializers.WatchlistEntrySerializer
    pagination_class = ApiPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[WatchlistEntry]:
        """Return the person's own."""
        return selectors.get_watchlist(self.viewer.pk) if self.viewer.pk else self.queryset


@extend_schema(tags=["Watchlist"])
class MyWatchlistEntryView(ViewerView):
    """One movie on one's watchlist."""

    def _find(self, movie_id: int) -> dict[str, Any]:
        entry = selectors.get_watchlist(self.viewer.pk).filter(movie_id=movie_id).first()
        if entry is None:
            raise NotFound(f"Movie {movie_id} is not on your watchlist.")
        return dict(serializers.WatchlistEntrySerializer(entry).data)

    @extend_schema(
        operation_id="get_watchlist_entry",
        summary="See whether a film is on your watchlist",
        responses=serializers.WatchlistEntrySerializer,
    )
    def get(self, request: Request, movie_id: int) -> Response:  # noqa: ARG002
        """Return the entry; 404 where the movie is not on the list."""
        return Response(self._find(movie_id))

    @extend_schema(
        operation_id="add_to_watchlist",
        summary="Put a film on your watchlist",
        parameters=[ORIGIN],
        request=None,
        responses=serializers.WatchlistEntrySerializer,
    )
    def put(self, request: Request, movie_id: int) -> Response:
        """Put the movie on the list; it keeps its place when it is there already."""
        services.add_to_watchlist(
            user=self.viewer, movie_id=movie_id, origin=read_origin(request.query_params)
        )
        return Response(self._find(movie_id))

    @extend_schema(
        operation_id="remove_from_watchlist",
        summary="Take a film off your watchlist",
        responses={204: None},
    )
    def delete(self, request: Request, movie_id: int) -> Response:  # noqa: ARG002
        """Take the movie off the list; 404 where it is not on it."""
        was_listed = services.remove_from_watchlist(user=self.viewer, movie_id=movie_id)
        if not was_listed:
            raise NotFound(f"Movie {movie_id} is not on your watchlist.")
        return Response(status=status.HTTP_204_NO_CONTENT)
