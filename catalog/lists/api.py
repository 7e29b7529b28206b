"""One's lists of films in the REST API, and those that somebody shares."""

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api import ViewerView
from catalog.list_models import FilmList, FilmListEntry
from catalog.lists import selectors, serializers, services
from movieshow.api_pages import ApiPagination


class _ConflictError(APIException):
    """What is asked for does not go with what there is."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ListViewerView(ViewerView):
    """For whoever is known, with the words of the services of lists."""

    def handle_exception(self, exc: Exception) -> Response:
        """Say in the API's words what the services refuse."""
        if isinstance(exc, services.UnknownListError | services.UnknownEntryError):
            exc = NotFound(str(exc))
        elif isinstance(exc, services.InvalidListError):
            exc = ValidationError({exc.field: [str(exc)]})
        elif isinstance(exc, services.ListFullError):
            exc = _ConflictError(str(exc))
        return super().handle_exception(exc)

    def find_list(self, list_id: int) -> FilmList:
        """Return one's list with its count of films.

        Raises:
            UnknownListError: One has no such list.
        """
        found = selectors.get_lists(self.viewer.pk).filter(pk=list_id).first()
        if found is None:
            raise services.UnknownListError(_("You have no list %(id)s.") % {"id": list_id})
        return found


@extend_schema(tags=["Lists"])
@extend_schema_view(get=extend_schema(summary="List your lists"))
class MyListsView(ListViewerView, generics.ListAPIView[FilmList]):
    """One's lists, last changed first."""

    queryset = FilmList.objects.none()
    serializer_class = serializers.ListSerializer
    pagination_class = ApiPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[FilmList]:
        """Return the person's own."""
        return selectors.get_lists(self.viewer.pk) if self.viewer.pk else self.queryset

    @extend_schema(
        operation_id="create_list",
        summary="Make a list",
        request=serializers.ListInputSerializer,
        responses={201: serializers.ListSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an empty list."""
        given = serializers.ListInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.create_list(user=self.viewer, **given.validated_data)
        shown = serializers.ListSerializer(self.find_list(made.pk))
        return Response(shown.data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["Lists"])
class MyListView(ListViewerView):
    """One of one's lists, without its films."""

    @extend_schema(
        operation_id="get_list",
        summary="Get one of your lists",
        responses=serializers.ListSerializer,
    )
    def get(self, request: Request, list_id: int) -> Response:  # noqa: ARG002
        """Return the list; 404 where one has none such."""
        return Response(serializers.ListSerializer(self.find_list(list_id)).data)

    @extend_schema(
        operation_id="change_list",
        summary="Change a list",
        request=serializers.ListInputSerializer(partial=True),
        responses=serializers.ListSerializer,
    )
    def patch(self, request: Request, list_id: int) -> Response:
        """Rename, annotate, share or unshare it; what is not sent stays as it is."""
        given = serializers.ListInputSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        services.change_list(user=self.viewer, list_id=list_id, **given.validated_data)
        return self.get(request, list_id)

    @extend_schema(operation_id="delete_list", summary="Delete a list", responses={204: None})
    def delete(self, request: Request, list_id: int) -> Response:  # noqa: ARG002
        """Delete it for good; 404 where one has none such."""
        services.delete_list(user=self.viewer, list_id=list_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Lists"])
@extend_schema_view(get=extend_schema(summary="List the films of a list"))
class MyListFilmsView(ListViewerView, generics.ListAPIView[FilmListEntry]):
    """The films of one of one's lists, in order."""

    queryset = FilmListEntry.objects.none()
    serializer_class = serializers.ListEntrySerializer
    pagination_class = ApiPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[FilmListEntry]:
        """Return those of the list, if it is the person's own."""
        if not self.viewer.pk:
            return self.queryset
        return selectors.get_entries(self.find_list(self.kwargs["list_id"]))


@extend_schema(tags=["Lists"])
class MyListFilmView(ListViewerView):
    """One film of one of one's lists."""

    @extend_schema(
        operation_id="put_on_list",
        summary="Put a film on a list, or move it",
        request=serializers.ListEntryInputSerializer,
        responses={200: serializers.ListEntrySerializer, 201: serializers.ListEntrySerializer},
    )
    def put(self, request: Request, list_id: int, movie_id: int) -> Response:
        """Put the film on the list, move it there, or annotate it."""
        given = serializers.ListEntryInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        entry, is_new = services.put_film(
            user=self.viewer, list_id=list_id, movie_id=movie_id, **given.validated_data
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(serializers.ListEntrySerializer(entry).data, status=code)

    @extend_schema(
        operation_id="take_off_list", summary="Take a film off a list", responses={204: None}
    )
    def delete(self, request: Request, list_id: int, movie_id: int) -> Response:  # noqa: ARG002
        """Take the film off the list; 404 where it is not on it."""
        gone = services.remove_film(user=self.viewer, list_id=list_id, movie_id=movie_id)
        if gone is None:
            raise NotFound(f"Movie {movie_id} is not on this list.")
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Lists"])
class SharedListView(APIView):
    """A list that somebody shares by link."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="get_shared_list",
        summary="Get a shared list",
        responses=serializers.ListSerializer,
    )
    def get(self, request: Request, share_key: uuid.UUID) -> Response:  # noqa: ARG002
        """Return the list; 404 where it is private again or gone."""
        found = selectors.get_shared_list(share_key=share_key)
        if found is None:
            raise NotFound("This list is not shared, or not any more.")
        return Response(serializers.ListSerializer(found).data)


@extend_schema(tags=["Lists"])
@extend_schema_view(get=extend_schema(summary="List the films of a shared list"))
class SharedListFilmsView(generics.ListAPIView[FilmListEntry]):
    """The films of a list that somebody shares by link, in order."""

    permission_classes = [AllowAny]
    queryset = FilmListEntry.objects.none()
    serializer_class = serializers.ListEntrySerializer
    pagination_class = ApiPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[FilmListEntry]:
        """Return those of the list; 404 where it is private again or gone."""
        if "share_key" not in self.kwargs:  # while the schema is made
            return self.queryset
        found = selectors.get_shared_list(share_key=self.kwargs["share_key"])
        if found is None:
            raise NotFound("This list is not shared, or not any more.")
        return selectors.get_entries(found)
