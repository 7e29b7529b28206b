"""How movies and ratings look in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.fact_serializers import MovieFactsSerializer, show_facts
from catalog.models import Genre, Movie, Rating, WatchlistEntry
from catalog.ratings import MAX_STARS, MIN_STARS
from catalog.search import MAX_QUERY_CHARACTERS, MAX_RESULTS
from movieshow.api_strictness import StrictSerializer


class GenreSerializer(serializers.ModelSerializer[Genre]):
    """A genre."""

    class Meta:
        model = Genre
        fields = ["id", "name", "slug"]


class MeanField(serializers.FloatField):
    """A mean of stars, to two decimals: more would say more than is known."""

    def to_representation(self, value: Any) -> Any:
        """Return the rounded mean."""
        return round(float(value), 2)


class MovieSummarySerializer(serializers.Serializer[Any]):
    """A movie in a list: a `Movie` with its genres fetched, or a `MovieCard`."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)
    genres = serializers.SerializerMethodField()
    rating_count = serializers.IntegerField()
    rating_mean = MeanField(
        allow_null=True, min_value=0.5, max_value=5, help_text="To two decimals."
    )

    def get_genres(self, movie: Any) -> list[str]:
        """Return the names of the genres, by name."""
        genres = movie.genres
        return list(genres) if isinstance(genres, tuple) else sorted(g.name for g in genres.all())


class MovieTextSerializer(serializers.Serializer[Movie]):
    """What Wikipedia says of a movie; show the link and the licence beside it."""

    extract = serializers.CharField()
    source_url = serializers.SerializerMethodField()
    licence = serializers.SerializerMethodField()

    def get_source_url(self, movie: Movie) -> str | None:
        """Return the article's address."""
        return movie.wikipedia_url

    def get_licence(self, movie: Movie) -> str | None:
        """Return the licence of a text from Wikipedia."""
        return "CC BY-SA 4.0" if movie.wikipedia_page else None


class MovieSerializer(MovieSummarySerializer):
    """All that is known of a movie."""

    imdb_id = serializers.SerializerMethodField()
    tmdb_id = serializers.IntegerField(allow_null=True)
    text = serializers.SerializerMethodField()
    facts = serializers.SerializerMethodField()

    def get_imdb_id(self, movie: Movie) -> str | None:
        """Return the id at IMDb."""
        return movie.imdb_id or None

    @extend_schema_field(MovieTextSerializer(allow_null=True))
    def get_text(self, movie: Movie) -> dict[str, Any] | None:
        """Return the text, or None where there is none."""
        return dict(MovieTextSerializer(movie).data) if movie.extract else None

    @extend_schema_field(MovieFactsSerializer)
    def get_facts(self, movie: Movie) -> dict[str, Any]:
        """Return runtime, people and services."""
        return show_facts(movie)


class RatingSerializer(serializers.ModelSerializer[Rating]):
    """A person's rating of a movie."""

    movie = MovieSummarySerializer()
    rating = serializers.DecimalField(
        source="stars", max_digits=2, decimal_places=1, help_text="0.5 to 5.0 in steps of 0.5."
    )
    rated_at = serializers.DateTimeField(
        source="watched_at", help_text="The movie's place in the history."
    )

    class Meta:
        model = Rating
        fields = ["movie", "rating", "rated_at"]


@extend_schema_field({"type": "number", "minimum": 0.5, "maximum": 5, "multipleOf": 0.5})
class StarsField(serializers.DecimalField):
    """0.5 to 5.0 in steps of 0.5."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_digits=2, decimal_places=1, min_value=MIN_STARS, max_value=MAX_STARS, **kwargs
        )

    def validate_precision(self, value: Decimal) -> Decimal:
        """Refuse what lies between two halves.

        Raises:
            ValidationError: It does.
        """
        precise = super().validate_precision(value)
        if precise * 2 % 1:
            raise serializers.ValidationError("Give 0.5 to 5.0 in steps of 0.5.")
        return precise


class RatingInputSerializer(StrictSerializer):
    """What PUT of a rating takes."""

    rating = StarsField()
    rated_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When it was watched; without it a new rating is of now and an old one keeps "
        "its place in the history.",
    )

    def validate_rated_at(self, value: datetime | None) -> datetime | None:
        """Refuse the future.

        Raises:
            ValidationError: It lies there.
        """
        if value is not None and value > timezone.now():
            raise serializers.ValidationError("A movie cannot have been watched in the future.")
        return value


class WatchlistEntrySerializer(serializers.ModelSerializer[WatchlistEntry]):
    """A movie somebody means to watch."""

    movie = MovieSummarySerializer()

    class Meta:
        model = WatchlistEntry
        fields = ["movie", "added_at"]


class SearchQuerySerializer(StrictSerializer):
    """What search takes."""

    q = serializers.CharField(
        max_length=MAX_QUERY_CHARACTERS, help_text="A title, or its beginning, roughly spelt."
    )
    limit = serializers.IntegerField(default=20, min_value=1, max_value=MAX_RESULTS)


class SearchResultsSerializer(serializers.Serializer[Any]):
    """What search found, best first."""

    results = MovieSummarySerializer(many=True)
