"""What the catalogue can be narrowed to and ordered by; the API and the pages share it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import ClassVar

import django_filters
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, When
from django.db.models.expressions import Combinable

from accounts.models import User
from catalog.diary_models import DiaryEntry
from catalog.models import BEST, Genre, Movie, Rating, SeenMovie
from catalog.search import MAX_RESULTS, find_movie_ids
from catalog.selectors import filter_genres

ORDERINGS: dict[str, list[str | Combinable]] = {
    "popular": ["-rating_count", "id"],
    "best": [BEST.desc(nulls_last=True), "id"],
    "newest": [F("year").desc(nulls_last=True), "-rating_count", "id"],
    "oldest": [F("year").asc(nulls_last=True), "-rating_count", "id"],
    "title": ["search_title", "id"],
}

FIRST_DECADE, LAST_YEAR = 1900, 2100
# In minutes, from one to the other: what is unknown is in none of them, and shown all the same.
RUNTIMES: dict[str, tuple[int, int]] = {
    "short": (1, 90),
    "usual": (91, 120),
    "long": (121, 150),
    "epic": (151, 32_767),
}


def keep_in_order(movies: QuerySet[Movie], movie_ids: Sequence[int]) -> QuerySet[Movie]:
    """Return the movies of these ids, in their order."""
    places = [When(pk=pk, then=place) for place, pk in enumerate(movie_ids)]
    found = movies.filter(pk__in=movie_ids)
    return found.order_by(Case(*places, output_field=IntegerField())) if places else found


def leave_out_genres(movies: QuerySet[Movie], genre_ids: Collection[int]) -> QuerySet[Movie]:
    """Return the movies that have none of the genres."""
    if not genre_ids:
        return movies
    links = Movie.genres.through.objects.filter(
        movie_id=OuterRef("pk"), genre_id__in=list(genre_ids)
    )
    return movies.filter(~Exists(links))


def keep_decade(movies: QuerySet[Movie], first_year: int) -> QuerySet[Movie]:
    """Return the movies of the ten years from one on."""
    return movies.filter(year__range=(first_year, first_year + 9))


def keep_length(movies: QuerySet[Movie], runtime: str) -> QuerySet[Movie]:
    """Return the movies of a length, in their order; those of unknown length stay, and come last.

    `runtime` is one of `RUNTIMES`.
    """
    order = movies.query.order_by or Movie._meta.ordering or ()
    unknown_last = Case(When(runtime_minutes=None, then=1), default=0)
    is_of_length = Q(runtime_minutes__range=RUNTIMES[runtime]) | Q(runtime_minutes=None)
    return movies.filter(is_of_length).order_by(unknown_last, *order)


def leave_out_seen(movies: QuerySet[Movie], viewer: User) -> QuerySet[Movie]:
    """Return the movies that somebody has neither rated nor called seen, nor in their diary."""
    for model in (Rating, SeenMovie, DiaryEntry):
        rows = model._default_manager.filter(user=viewer, movie_id=OuterRef("pk"))
        movies = movies.filter(~Exists(rows))
    return movies


class MovieFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrows movies by title, genres, years, length, ratings and what the caller has seen."""

    search = django_filters.CharFilter(
        method="filter_search", help_text="Words of the title; forgives typing errors."
    )
    genre = django_filters.ModelMultipleChoiceFilter(
        queryset=Genre.objects.all(),
        to_field_name="slug",
        method="filter_genre",
        help_text="Slug of a genre; give several to allow any of them.",
    )
    without = django_filters.ModelMultipleChoiceFilter(
        queryset=Genre.objects.all(),
        to_field_name="slug",
        method="filter_without",
        help_text="Slug of a genre to leave out; give several to leave out all of them.",
    )
    decade = django_filters.NumberFilter(
        method="filter_decade",
        min_value=FIRST_DECADE,
        max_value=LAST_YEAR,
        step_size=10,
        help_text="First year of ten: 1980.",
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
    unseen = django_filters.BooleanFilter(
        method="filter_unseen",
        help_text="Only films that the caller has not seen; says nothing of a caller not known.",
    )
    ordering = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ORDERINGS],
        method="filter_ordering",
        help_text="Default: popular, or by likeness where `search` is given.",
    )
    # Behind the order, which it keeps but for unknown lengths.
    runtime = django_filters.ChoiceFilter(
        choices=[(name, name) for name in RUNTIMES],
        method="filter_runtime",
        help_text="Up to 1½ hours, to 2, to 2½, or longer; films of unknown length come last.",
    )

    class Meta:
        model = Movie
        fields: ClassVar[list[str]] = []

    def filter_search(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Keep the movies that match, best first."""
        del name
        return keep_in_order(movies, find_movie_ids(value, limit=MAX_RESULTS))

    def filter_genre(
        self, movies: QuerySet[Movie], name: str, value: Collection[Genre]
    ) -> QuerySet[Movie]:
        """Keep the movies of any of the genres."""
        del name
        return filter_genres(movies, [genre.pk for genre in value])

    def filter_without(
        self, movies: QuerySet[Movie], name: str, value: Collection[Genre]
    ) -> QuerySet[Movie]:
        """Keep the movies of none of the genres."""
        del name
        return leave_out_genres(movies, [genre.pk for genre in value])

    def filter_decade(self, movies: QuerySet[Movie], name: str, value: Decimal) -> QuerySet[Movie]:
        """Keep the movies of the decade."""
        del name
        return keep_decade(movies, int(value))

    def filter_unseen(self, movies: QuerySet[Movie], name: str, value: bool) -> QuerySet[Movie]:
        """Keep the movies that the caller has not seen."""
        del name
        viewer = self.request.user
        return leave_out_seen(movies, viewer) if value and isinstance(viewer, User) else movies

    def filter_ordering(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Order by the chosen rule."""
        del name
        return movies.order_by(*ORDERINGS[value])

    def filter_runtime(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Keep the movies of this length."""
        del name
        return keep_length(movies, value)
