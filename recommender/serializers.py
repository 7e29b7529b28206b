"""The shapes of the recommendation API: what comes in, checked, and what goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from catalog.selectors import MovieCard, get_movie_cards
from catalog.serializers import StarsField
from movieshow.api_bodies import BodySerializer
from recommender.answering import MAX_LIMIT
from recommender.answers import (
    FALLBACK_REASONS,
    NO_FILTERS,
    Filters,
    HistoryItem,
    Recommendation,
    RecommendationList,
)
from recommender.catalogue_arrays import CatalogueArrays, FilmLabel
from recommender.dials import DialOptions
from recommender.models import MOST_YEARS
from recommender.names import find_genre_ids, find_service_ids
from recommender.option_fields import DialField, NamesField

MAX_HISTORY = 1000
MAX_MINUTES = 6000
DEFAULT_LIMIT = 10
REASONS = "reasons"


class RecommendationOptions(serializers.Serializer[Any]):
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
        "it is not known stay in: films then carry `services`, null where it is not known.",
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


class SimilarOptions(serializers.Serializer[Any]):
    """The options of similar films."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class HistoryItemInput(BodySerializer):
    """One film of a posted history."""

    movie_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    rating = StarsField(
        required=False,
        allow_null=True,
        default=None,
        help_text="0.5 to 5.0 in steps of 0.5; null where it was watched and not rated.",
    )
    rated_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class SessionInput(BodySerializer, RecommendationOptions):
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


class ModelOutput(serializers.Serializer[Any]):
    """Who made an answer."""

    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)


class MovieOutput(serializers.Serializer[Any]):
    """A film in an answer."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)
    genres = serializers.ListField(child=serializers.CharField())
    runtime_minutes = serializers.IntegerField(
        allow_null=True, required=False, help_text="Null where unknown; only with `max_runtime`."
    )
    services = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        required=False,
        help_text="Null where unknown; only with `services`.",
    )


class ReasonOutput(serializers.Serializer[Any]):
    """Why a film is shown."""

    kind = serializers.ChoiceField(["because_you_watched", "similar_to", "popular_in"])
    text = serializers.CharField()
    movie_id = serializers.IntegerField(allow_null=True)


class ResultOutput(serializers.Serializer[Any]):
    """One recommended film."""

    rank = serializers.IntegerField()
    movie = MovieOutput()
    score = serializers.FloatField()
    predicted_rating = serializers.FloatField(
        allow_null=True, help_text="Stars the caller would give, 0.5 to 5.0; null where unknown."
    )
    predicted_range = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Low and high: four in five ratings fall between; null where unknown.",
    )
    reasons = ReasonOutput(many=True)


class RecommendationOutput(serializers.Serializer[Any]):
    """An answer with recommendations."""

    recommendation_id = serializers.CharField(allow_null=True)
    model = ModelOutput()
    fallback = serializers.BooleanField(
        help_text="Whether something else than the model alone decided: popularity, or a blend."
    )
    fallback_reason = serializers.ChoiceField(
        list(FALLBACK_REASONS.items()), allow_null=True, help_text="Why; null where nothing did."
    )
    next_cursor = serializers.CharField(allow_null=True)
    results = ResultOutput(many=True)


class SessionOutput(RecommendationOutput):
    """An answer to a posted history."""

    unknown_movie_ids = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Films of the history that are not in the catalogue, which were passed over.",
    )


class SimilarOutput(serializers.Serializer[Any]):
    """Films like a film."""

    results = ResultOutput(many=True)


class ModelCardOutput(serializers.Serializer[Any]):
    """The active model."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.CharField()
    activated_at = serializers.DateTimeField()
    card = serializers.JSONField()


def render_list(
    answer: RecommendationList,
    catalogue: CatalogueArrays | None = None,
    *,
    filters: Filters = NO_FILTERS,
) -> dict[str, Any]:
    """Return an answer in the API's shape; one query for the films where no catalogue is given."""
    return {
        "recommendation_id": answer.recommendation_id,
        "model": {"name": answer.model_name, "version": answer.model_version},
        "fallback": answer.is_fallback,
        "fallback_reason": answer.fallback_reason,
        "next_cursor": answer.next_cursor,
        "results": render_items(answer.items, catalogue, filters=filters),
    }


def render_items(
    items: Sequence[Recommendation],
    catalogue: CatalogueArrays | None = None,
    *,
    filters: Filters = NO_FILTERS,
) -> list[dict[str, Any]]:
    """Return films in the API's shape, named by the catalogue given, else by one query.

    With a filter by length or services they say what is known of those, which needs a catalogue.
    """
    ids = [item.movie_id for item in items]
    cards: Mapping[int, MovieCard | FilmLabel] = (
        {card.id: card for card in get_movie_cards(ids)}
        if catalogue is None
        else catalogue.label_films(ids)
    )
    return [
        _render_item(item, cards[item.movie_id], filters)
        for item in items
        if item.movie_id in cards
    ]


def _render_item(
    item: Recommendation, card: MovieCard | FilmLabel, filters: Filters
) -> dict[str, Any]:
    movie: dict[str, Any] = {
        "id": card.id,
        "title": card.title,
        "year": card.year,
        "genres": list(card.genres),
    }
    if filters.max_runtime is not None:
        movie["runtime_minutes"] = card.runtime_minutes
    if filters.service_ids and isinstance(card, FilmLabel):
        movie["services"] = None if card.services is None else list(card.services)
    return {
        "rank": item.rank,
        "movie": movie,
        "score": item.score,
        "predicted_rating": item.predicted_rating,
        "predicted_range": list(item.predicted_range) if item.predicted_range else None,
        "reasons": [
            {"kind": reason.kind, "text": reason.text, "movie_id": reason.movie_id}
            for reason in item.reasons
        ],
    }
