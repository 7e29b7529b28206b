"""What the catalogue can be narrowed to and ordered by; the API and the pages share it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, When
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.diary_models import DiaryEntry
from catalog.knowledge import (
    Fact,
    ask_genres,
    ask_rating,
    ask_year,
    keep_fitting,
    keep_fitting_or_unknown,
    may_lack,
)
from catalog.models import BEST, Genre, Movie, Rating, SeenMovie
from catalog.search import MAX_RESULTS, find_movie_ids

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


class YesNoField(forms.Field):
    """True, false, or None where nothing is said."""

    def to_python(self, value: Any) -> bool | None:
        """Return what is meant.

        Raises:
            ValidationError: it is neither.
        """
        if value in self.empty_values:
            return None
        meant = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
        if meant is None:
            raise ValidationError(_("Give true or false."))
        return meant


class YesNoFilter(django_filters.BooleanFilter):  # type: ignore[misc]
    """A filter that is on or off, and takes nothing else for off."""

    field_class = YesNoField


class MovieFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrows movies by title, genres, years, length, ratings and what the caller has seen.

    What is asked of genres, years and the mean is looked at together: of some movies it is not
    known, and these are left out, or come last where `unknown` asks for them.
    """

    search = django_filters.CharFilter(
        method="filter_search", help_text="Words of the title; forgives typing errors."
    )
    genre = django_filters.ModelMultipleChoiceFilter(
        queryset=Genre.objects.all(),
        to_field_name="slug",
        method="leave_genres",
        help_text="Slug of a genre; give several to allow any of them.",
    )
    without = django_filters.ModelMultipleChoiceFilter(
        queryset=Genre.objects.all(),
        to_field_name="slug",
        method="filter_without",
        help_text="Slug of a genre to leave out; give several to leave out all of them.",
    )
    decade = django_filters.NumberFilter(
        method="leave_year",
        min_value=FIRST_DECADE,
        max_value=LAST_YEAR,
        step_size=10,
        help_text="First year of ten: 1980.",
    )
    year_min = django_filters.NumberFilter(method="leave_year", min_value=0, max_value=9999)
    year_max = django_filters.NumberFilter(method="leave_year", min_value=0, max_value=9999)
    rating_min = django_filters.NumberFilter(method="leave_mean", min_value=0, max_value=5)
    ratings_min = django_filters.NumberFilter(
        field_name="rating_count",
        lookup_expr="gte",
        min_value=0,
        max_value=2**31 - 1,
        help_text="Fewest ratings a movie may have.",
    )
    unseen = YesNoFilter(
        method="filter_unseen",
        help_text="Only films that the caller has not seen; says nothing of a caller not known.",
    )
    unknown = YesNoFilter(
        method="leave_unknown",
        help_text="Also films of which it is not known whether they fit, for their year, genres or "
        "mean rating is not: behind all that do. Without it they are left out, and the answer says "
        "so: `leaves_out_unknown`.",
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

    @cached_property
    def facts(self) -> list[Fact]:
        """What is asked of facts that may be unknown; the query must be valid."""
        asked = self.form.cleaned_data
        decade, first, last = (
            None if asked[name] is None else int(asked[name])
            for name in ("decade", "year_min", "year_max")
        )
        facts = [] if decade is None else [ask_year(decade, decade + 9)]
        if first is not None or last is not None:
            facts.append(ask_year(first, last))
        if asked["rating_min"] is not None:
            facts.append(ask_rating(float(asked["rating_min"])))
        if wanted := list(asked["genre"]):
            facts.append(ask_genres(wanted, genres=list(Genre.objects.all())))
        return facts

    @property
    def leaves_out_unknown(self) -> bool:
        """Whether movies are left out only because something is not known of them, if any is."""
        return may_lack(self.facts) and not self.form.cleaned_data["unknown"]

    def filter_queryset(self, movies: QuerySet[Movie]) -> QuerySet[Movie]:
        """Return the movies asked for, in order, those that fit before those that may."""
        found: QuerySet[Movie] = super().filter_queryset(movies)
        fits = keep_fitting(self.facts)
        if not self.form.cleaned_data["unknown"] or not may_lack(self.facts):
            return found.filter(fits)
        order = found.query.order_by or Movie._meta.ordering or ()
        unknown_last = Case(When(fits, then=0), default=1)
        return found.filter(keep_fitting_or_unknown(self.facts)).order_by(unknown_last, *order)

    # What is asked here is looked at in `facts`; the API's document reads the types.

    def leave_genres(
        self, movies: QuerySet[Movie], name: str, value: Collection[Genre]
    ) -> QuerySet[Movie]:
        """Return the movies as they are."""
        del name, value
        return movies

    def leave_year(self, movies: QuerySet[Movie], name: str, value: int) -> QuerySet[Movie]:
        """Return the movies as they are."""
        del name, value
        return movies

    def leave_mean(self, movies: QuerySet[Movie], name: str, value: float) -> QuerySet[Movie]:
        """Return the movies as they are."""
        del name, value
        return movies

    def leave_unknown(self, movies: QuerySet[Movie], name: str, value: bool) -> QuerySet[Movie]:
        """Return the movies as they are."""
        del name, value
        return movies

    def filter_search(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """Keep the movies that match, best first."""
        del name
        return keep_in_order(movies, find_movie_ids(value, limit=MAX_RESULTS))

    def filter_without(
        self, movies: QuerySet[Movie], name: str, value: Collection[Genre]
    ) -> QuerySet[Movie]:
        """Keep the movies of none of the genres."""
        del name
        return leave_out_genres(movies, [genre.pk for genre in value])

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
