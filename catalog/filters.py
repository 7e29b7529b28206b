"""What the catalogue can be narrowed to and ordered by; the API and the pages share it."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

import django_filters
from django.db.models import Case, F, FloatField, QuerySet, When
from django.db.models.expressions import Combinable

from catalog.models import BEST, Genre, Movie
from catalog.search import MAX_RESULTS, find_movie_ids
from catalog.selectors import filter_genres

ORDERINGS: dict[str, list[str | Combinable]] = {
    "popular": ["-rating_count", "id"],
    "best": [BEST.desc(nulls_last=True), "id"],
    "newest": [F("year").desc(nulls_last=True), "-rating_count", "id"],
    "oldest": [F("year").asc(nulls_last=True), "-rating_count", "id"],
    "title": ["search_title", "id"],
}


class MovieFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrows movies by genre (any of several), year, ratings and words of the title."""

    search = django_filters.CharFilter(
        method="filter_search", help_text="Words of the title; forgives typing errors."
    )
    genre = django_filters.ModelMultipleChoiceFilter(
        queryset=Genre.objects.all(),
        to_field_name="slug",
        method="filter_genre",
        help_text="Slug of a genre; give several to allow any of them.",
    )
    year_min = django_filters.NumberFilter(
        field_name="year", lookup_expr="gte", min_value=0, max_value=9999
    )
    year_max = django_filters.NumberFilter(
        field_name="year", lookup_expr="lte", min_value=0, max_value=9999
    )
    rating_min = django_filters.NumberFilter(
        field_name="rating_mean", lookup_expr="gte", min_value=0, max_value=5
    )
    ratings_min = django_filters.NumberFilter(
        field_name="rating_count",
        lookup_expr="gte",
        min_value=0,
        max_value=2**31 - 1,
        help_text="Fewest ratings a movie may have.",
    )
    ordering = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ORDERINGS],
        method="filter_ordering",
        help_text="Default: popular, or by likeness where `search` is given.",
    )

    class Meta:
        model = Movie
        fields: ClassVar[list[str]] = []

    def filter_search(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Keep the movies that match, best first."""
        del name
        ids = find_movie_ids(value, limit=MAX_RESULTS)
        places = [When(pk=pk, then=place) for place, pk in enumerate(ids)]
        found = movies.filter(pk__in=ids)
        return found.order_by(Case(*places, output_field=FloatField())) if places else found

    def filter_genre(
        self, movies: QuerySet[Movie], name: str, value: Collection[Genre]
    ) -> QuerySet[Movie]:
        """Keep the movies of any of the genres."""
        del name
        return filter_genres(movies, [genre.pk for genre in value])

    def filter_ordering(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Order by the chosen rule."""
        del name
        return movies.order_by(*ORDERINGS[value])
