"""How lists of films look in the API."""

from rest_framework import serializers

from catalog.list_models import (
    MAX_ENTRY_NOTE,
    MAX_LIST_NOTE,
    MAX_NAME,
    FilmList,
    FilmListEntry,
)
from catalog.lists.services import MAX_FILMS
from catalog.serializers import MovieSummarySerializer
from movieshow.api_strictness import StrictSerializer


class ListSerializer(serializers.ModelSerializer[FilmList]):
    """A list without its films."""

    film_count = serializers.IntegerField()
    is_public = serializers.BooleanField()
    share_key = serializers.UUIDField(
        allow_null=True, help_text="Whoever knows it may read the list; null while it is private."
    )

    class Meta:
        model = FilmList
        fields = [
            "id",
            "name",
            "note",
            "is_public",
            "share_key",
            "film_count",
            "created_at",
            "updated_at",
        ]


class ListInputSerializer(StrictSerializer):
    """What makes a list, or in part changes it."""

    name = serializers.CharField(max_length=MAX_NAME)
    note = serializers.CharField(max_length=MAX_LIST_NOTE, allow_blank=True, required=False)
    is_public = serializers.BooleanField(required=False)


class ListEntrySerializer(serializers.ModelSerializer[FilmListEntry]):
    """A film of a list."""

    movie = MovieSummarySerializer()

    class Meta:
        model = FilmListEntry
        fields = ["position", "movie", "note", "added_at"]


class ListEntryInputSerializer(StrictSerializer):
    """Where a film stands and what is said of it."""

    position = serializers.IntegerField(
        min_value=1,
        max_value=MAX_FILMS,
        required=False,
        help_text="From 1; beyond the end is the end. Without it a new film comes last and an old "
        "one stays where it is.",
    )
    note = serializers.CharField(max_length=MAX_ENTRY_NOTE, allow_blank=True, required=False)
