"""Movies, genres, ratings and tags in the admin site."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from accounts.large_tables import LargeTableAdmin
from accounts.models import User
from catalog.fact_admin import AvailabilityInline, CreditInline, describe_tmdb, fetch_facts
from catalog.models import Genre, Movie, Rating, Tag
from catalog.resources import MovieResource
from catalog.search import MAX_RESULTS, find_movie_ids
from catalog.services import bump_catalogue_version, remove_rating


@admin.register(Genre)
class GenreAdmin(ModelAdmin):  # type: ignore[misc]
    """Genres, each with the number of its movies."""

    list_display = ["name", "slug", "movie_count"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Genre]:
        """Count the movies along."""
        genres: QuerySet[Genre] = super().get_queryset(request)
        return genres.annotate(movie_count=Count("movies"))

    @admin.display(description=_("movies"), ordering="movie_count")
    def movie_count(self, genre: Any) -> int:
        """Return how many movies are of the genre."""
        return int(genre.movie_count)

    def save_model(self, request: HttpRequest, obj: Genre, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """Save, and make what was cached stale."""
        super().save_model(request, obj, form, change)
        bump_catalogue_version()

    def delete_model(self, request: HttpRequest, obj: Genre) -> None:
        """Delete, and make what was cached stale."""
        super().delete_model(request, obj)
        bump_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Genre]) -> None:
        """Delete several, and make what was cached stale."""
        super().delete_queryset(request, queryset)
        bump_catalogue_version()


@admin.register(Movie)
class MovieAdmin(ImportExportModelAdmin, LargeTableAdmin):  # type: ignore[misc]
    """Movies, found as on the site: by title, with typing errors; or by an id."""

    resource_classes = [MovieResource]
    import_form_class = ImportForm
    export_form_class = ExportForm
    list_display = ["title", "year", "genre_names", "rating_count", "rating_mean_shown"]
    list_filter = ["genres"]
    ordering = ["-rating_count", "id"]
    # What the box searches is in get_search_results; Django asks for fields to show the box.
    search_fields = ["search_title"]
    search_help_text = _("A title, roughly; a MovieLens id; an IMDb id such as tt0133093.")
    autocomplete_fields = ["genres"]
    readonly_fields = [
        "id", "tmdb_state", "rating_count", "rating_mean_shown", "created_at", "updated_at",
    ]  # fmt: skip
    inlines = [CreditInline, AvailabilityInline]
    actions = [fetch_facts]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Ask for both: a row without an id makes a film, one with an id changes it."""
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        """Fetch the genres along."""
        movies: QuerySet[Movie] = super().get_queryset(request)
        return movies.prefetch_related("genres")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Movie],
        search_term: str,
    ) -> tuple[QuerySet[Movie], bool]:
        """Search as the site does, or by id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith("tt") and term[2:].isdecimal():
            return queryset.filter(imdb_id=term), False
        ids = find_movie_ids(term, limit=MAX_RESULTS)
        if term.isascii() and term.isdecimal():
            ids.append(int(term))
        return queryset.filter(pk__in=ids), False

    @admin.display(description=_("genres"))
    def genre_names(self, movie: Movie) -> str:
        """Return the genres in a line."""
        return ", ".join(genre.name for genre in movie.genres.all())

    @admin.display(description=_("facts from TMDB"))
    def tmdb_state(self, movie: Movie) -> str:
        """Return when facts were fetched, and what went wrong."""
        return describe_tmdb(movie)

    @admin.display(description=_("mean rating"), ordering="rating_mean")
    def rating_mean_shown(self, movie: Movie) -> str:
        """Return the mean with two places."""
        return "" if movie.rating_mean is None else f"{movie.rating_mean:.2f}"

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm,  # type: ignore[type-arg]
        formsets: Any,
        change: bool,
    ) -> None:
        """Save the genres, the last thing saved, and make what was cached stale."""
        super().save_related(request, form, formsets, change)
        bump_catalogue_version()

    def delete_model(self, request: HttpRequest, obj: Movie) -> None:
        """Delete, and make what was cached stale."""
        super().delete_model(request, obj)
        bump_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Movie]) -> None:
        """Delete several, and make what was cached stale."""
        super().delete_queryset(request, queryset)
        bump_catalogue_version()


class OpinionAdmin(LargeTableAdmin):
    """What people say of movies: seen and deleted here, but never written in their name."""

    list_select_related = ["user", "movie"]
    # What the box searches is in get_search_results; Django asks for fields to show the box.
    search_fields = ["pk"]
    search_help_text = _("A movie's id or a person's exact name.")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody adds one for somebody else."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody changes one of somebody else's."""
        return False

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """Search by what is indexed, for there may be 25 million."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdecimal():
            return queryset.filter(movie_id=int(term)), False
        return queryset.filter(user__in=User.objects.filter(username=term)), False


@admin.register(Rating)
class RatingAdmin(OpinionAdmin):
    """Ratings, newest first."""

    list_display = ["user", "movie", "stars", "watched_at"]
    list_filter = ["stars"]
    fields = ["user", "movie", "stars", "watched_at", "created_at", "updated_at"]

    def delete_model(self, request: HttpRequest, obj: Rating) -> None:  # noqa: ARG002
        """Take the rating back as its owner would, so that recommendations hear of it."""
        remove_rating(user=obj.user, movie_id=obj.movie_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Rating]) -> None:
        """Take several back."""
        for rating in queryset.select_related("user"):
            self.delete_model(request, rating)


@admin.register(Tag)
class TagAdmin(OpinionAdmin):
    """Tags, newest first."""

    list_display = ["text", "user", "movie", "created_at"]
    fields = ["text", "user", "movie", "created_at"]
