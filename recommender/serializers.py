"""What the recommendation API is asked: the shapes of it, checked."""

from dataclasses import fields
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from catalog.serializers import StarsField
from movieshow.api_strictness import StrictSerializer
from recommender.answering import MAX_LIMIT
from recommender.answers import Filters, HistoryItem
from recommender.dials import DialOptions
from recommender.models import MOST_YEARS
from recommender.names import find_genre_ids, find_service_ids
from recommender.option_fields import DialField, NamesField

MAX_HISTORY = 1000
MAX_MINUTES = 6000
DEFAULT_LIMIT = 10
REASONS = "reasons"


class RecommendationOptions(StrictSerializer):
    """The options of both recommendation endpoints."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    genres = NamesField(find=find_genre_ids, help_text="Films of any of these genres.")
    exclude_genres = NamesField(find=find_genre_ids, help_text="No films of these genres.")
    year_min = serializers.IntegerField(min_value=1870, max_value=2100, required=False)
    year_max = serializers.IntegerField(min_value=1870, max_value=2100, required=False)
    max_runtime = serializers.IntegerField(
        min_value=1,
        max_value=MAX_MINUTES,
        required=False,
        help_text="Films of at most so many minutes. Those of unknown length stay in: films then "
        "carry `runtime_minutes`, null where it is not known.",
    )
    services = NamesField(
        find=find_service_ids,
        help_text="Films that any of these streaming services has, by name or slug. Those of which "
        "it is not known come last: films then carry `services`, null where it is not known.",
    )
    obscurity = DialField(help_text="From popular, -1, to obscure, 1.")
    adventure = DialField(help_text="From safe, -1, to adventurous, 1.")
    newness = DialField(help_text="From old, -1, to new, 1.")
    variety = DialField(min_value=0, help_text="From the best alone, 0, to unlike, 1.")
    last_years = serializers.IntegerField(
        min_value=0,
        max_value=MOST_YEARS,
        required=False,
        help_text="Films of the last so many years alone, 0 for any year. Not looked at where "
        "`year_min` or `year_max` is given.",
    )
    include = serializers.CharField(required=False, help_text="`reasons` asks for the reasons.")
    cursor = serializers.CharField(
        required=False, max_length=200, help_text="`next_cursor` of the answer before."
    )

    def validate_include(self, value: str) -> bool:
        """Return whether reasons are asked for.

        Raises:
            ValidationError: something else is.
        """
        parts = {part.strip() for part in value.split(",") if part.strip()}
        if unknown := parts - {REASONS}:
            raise serializers.ValidationError(
                _("There is no %(name)s to include; there is: reasons.")
                % {"name": sorted(unknown)[0]}
            )
        return REASONS in parts

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the range of years.

        Raises:
            ValidationError: it ends before it starts.
        """
        if attrs.get("year_min", 0) > attrs.get("year_max", 9999):
            raise serializers.ValidationError({"year_max": _("year_max is before year_min.")})
        return attrs


class SimilarOptions(StrictSerializer):
    """The options of similar films."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class HistoryItemInput(StrictSerializer):
    """One film of a posted history."""

    movie_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    rating = StarsField(
        required=False,
        allow_null=True,
        default=None,
        help_text="0.5 to 5.0 in steps of 0.5; null where it was watched and not rated.",
    )
    rated_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class SessionInput(RecommendationOptions):
    """A history that belongs to nobody, and the options."""

    # `max_length` is looked at before the films are: a huge list costs nothing.
    history = HistoryItemInput(  # type: ignore[call-arg]
        many=True,
        max_length=MAX_HISTORY,
        error_messages={
            "max_length": gettext_lazy("A history has at most {max_length} films; send the last.")
        },
    )

    def validate_history(self, items: list[dict[str, Any]]) -> list[HistoryItem]:
        """Return the films of the history."""
        return [
            HistoryItem(item["movie_id"], stars and float(stars), at and at.timestamp())
            for item in items
            for stars, at in [(item["rating"], item["rated_at"])]
        ]


def make_filters(options: dict[str, Any]) -> Filters:
    """Return the filters that checked options ask for."""
    return Filters(
        genre_ids=tuple(sorted(set(options.get("genres", ())))),
        excluded_genre_ids=tuple(sorted(set(options.get("exclude_genres", ())))),
        min_year=options.get("year_min"),
        max_year=options.get("year_max"),
        max_runtime=options.get("max_runtime"),
        service_ids=tuple(sorted(set(options.get("services", ())))),
    )


def make_dials(options: dict[str, Any]) -> DialOptions:
    """Return the dials that checked options give."""
    return DialOptions(**{field.name: options.get(field.name) for field in fields(DialOptions)})
