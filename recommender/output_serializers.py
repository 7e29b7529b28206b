"""The shapes of the recommendation API's answers, and how answers are put into them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from catalog.selectors import MovieCard, get_movie_cards
from recommender.answers import (
    FALLBACK_REASONS,
    NO_FILTERS,
    Filters,
    Recommendation,
    RecommendationList,
)
from recommender.catalogue_arrays import CatalogueArrays, FilmLabel


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
