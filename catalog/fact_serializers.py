"""How films' facts look in the API."""

from typing import Any

from rest_framework import serializers

from catalog.fact_models import Availability
from catalog.facts import TMDB_NOTICE, get_default_country, get_movie_facts
from catalog.models import Movie


class CastSerializer(serializers.Serializer[Any]):
    """Somebody who plays in a film."""

    name = serializers.CharField()
    character = serializers.CharField(allow_blank=True)


class OfferSerializer(serializers.Serializer[Any]):
    """A streaming service that has a film."""

    slug = serializers.CharField()
    name = serializers.CharField()
    offer = serializers.ChoiceField(choices=Availability.Offer.choices)


class MovieFactsSerializer(serializers.Serializer[Any]):
    """Runtime, people and services; null and empty where nobody told of them."""

    runtime_minutes = serializers.IntegerField(allow_null=True)
    directors = serializers.ListField(child=serializers.CharField())
    cast = CastSerializer(many=True)
    country = serializers.CharField(help_text="The country of the services.")
    services = OfferSerializer(many=True)
    attribution = serializers.CharField(
        allow_null=True, help_text="Show these words beside the facts; null where none are needed."
    )


def show_facts(movie: Movie) -> dict[str, Any]:
    """Return the facts of a film as the API shows them; three queries."""
    facts = get_movie_facts(movie)
    shown = {
        "runtime_minutes": facts.runtime_minutes,
        "directors": [person.name for person in facts.directors],
        "cast": [{"name": one.name, "character": one.character} for one in facts.cast],
        "country": get_default_country(),
        "services": [
            {"slug": one.service.slug, "name": one.service.name, "offer": one.offer}
            for one in facts.offers
        ],
        "attribution": str(TMDB_NOTICE) if facts.has_tmdb else None,
    }
    return dict(MovieFactsSerializer(shown).data)
