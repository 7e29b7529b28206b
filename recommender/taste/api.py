"""One's own taste in the REST API: how the dials stand, and genres never to be shown."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import ViewerView
from catalog.models import Genre
from movieshow.api_strictness import StrictSerializer
from recommender.dials import Dials
from recommender.models import MOST_YEARS
from recommender.names import find_genre_ids
from recommender.option_fields import DialField, NamesField
from recommender.services import save_wishes
from recommender.taste.selectors import Wishes, get_wishes


class TasteInput(StrictSerializer):
    """What changes a taste; what is not sent stays as it is."""

    obscurity = DialField(help_text="From popular, -1, to obscure, 1.")
    adventure = DialField(help_text="From safe, -1, to adventurous, 1.")
    newness = DialField(help_text="From old, -1, to new, 1.")
    variety = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text="From the best alone, 0, to unlike, 1; null as is usual.",
    )
    last_years = serializers.IntegerField(
        min_value=1,
        max_value=MOST_YEARS,
        required=False,
        allow_null=True,
        help_text="Films of the last so many years alone; null for any year.",
    )
    excluded_genres = NamesField(
        find=find_genre_ids, help_text="No films of these genres, unless they are asked for."
    )
    favourite_genres = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Told only; not looked at where an answer is sent back whole.",
    )


class TasteOutput(serializers.Serializer[Any]):
    """How a taste stands."""

    obscurity = serializers.FloatField()
    adventure = serializers.FloatField()
    newness = serializers.FloatField()
    variety = serializers.FloatField(allow_null=True)
    last_years = serializers.IntegerField(allow_null=True)
    favourite_genres = serializers.ListField(child=serializers.CharField())
    excluded_genres = serializers.ListField(child=serializers.CharField())


@extend_schema(tags=["Taste"])
class MyTasteView(ViewerView):
    """The caller's taste."""

    @extend_schema(operation_id="get_my_taste", summary="Get your taste", responses=TasteOutput)
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a view
        """Return how the dials stand and which genres were chosen and excluded."""
        return Response(_render(get_wishes(user=self.viewer)))

    @extend_schema(
        operation_id="change_my_taste",
        summary="Change your taste",
        request=TasteInput,
        responses=TasteOutput,
    )
    def patch(self, request: Request) -> Response:
        """Turn dials and exclude genres; recommendations follow from the next one on.

        An answer may be changed and sent back whole: its `favourite_genres` are not looked at.
        """
        given = TasteInput(data=request.data)
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        wishes = get_wishes(user=self.viewer)
        excluded = changes.pop("excluded_genres", wishes.excluded_genre_ids)
        dials = Dials(**{**asdict(wishes.dials), **changes})
        save_wishes(user=self.viewer, dials=dials, excluded_genre_ids=excluded)
        return self.get(request)


def _render(wishes: Wishes) -> dict[str, object]:
    ids = (*wishes.favourite_genre_ids, *wishes.excluded_genre_ids)
    names = dict(Genre.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        **asdict(wishes.dials),
        "favourite_genres": sorted(names[pk] for pk in wishes.favourite_genre_ids if pk in names),
        "excluded_genres": sorted(names[pk] for pk in wishes.excluded_genre_ids if pk in names),
    }
