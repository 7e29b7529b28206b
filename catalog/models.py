"""Movies and what people say of them."""

from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Floor
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.diary_models import DiaryEntry, MovieNote
from catalog.fact_models import Availability, Credit, Person, Service, TmdbRecord
from catalog.import_models import (
    HistoryImport,
    ImportedFilm,
    ImportedList,
    ImportedListEntry,
    SeenMovie,
)
from catalog.list_models import FilmList, FilmListEntry
from catalog.text import normalise_title

__all__ = [
    "Availability",
    "CatalogueState",
    "Credit",
    "DiaryEntry",
    "FilmList",
    "FilmListEntry",
    "Genre",
    "HistoryImport",
    "ImportedFilm",
    "ImportedList",
    "ImportedListEntry",
    "Movie",
    "MovieNote",
    "Person",
    "Rating",
    "RatingEvent",
    "SeenMovie",
    "Service",
    "Tag",
    "TmdbRecord",
    "WatchlistEntry",
]

SEARCH_TITLE_LENGTH = 500
# A movie's mean counts as if 20 more people had given it 3.5: one lone five is no best movie.
PRIOR_COUNT, PRIOR_MEAN = 20, 3.5
BEST = (
    (F("rating_mean") * F("rating_count") + PRIOR_COUNT * PRIOR_MEAN)
    / (F("rating_count") + PRIOR_COUNT)
)  # fmt: skip


class Genre(models.Model):
    """A MovieLens genre."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    slug = models.SlugField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Movie(models.Model):
    """A film. `id` is the MovieLens movieId; films added by hand start at 1,000,000."""

    title = models.CharField(_("title"), max_length=500, help_text=_("Without the year."))
    # Lower case, no accents, the article in front: what search and import matching compare.
    search_title = models.CharField(max_length=SEARCH_TITLE_LENGTH, editable=False)
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1870), MaxValueValidator(2100)],
    )
    genres = models.ManyToManyField(Genre, related_name="movies", blank=True)
    imdb_id = models.CharField(_("IMDb id"), max_length=12, blank=True, help_text="tt0114709")
    tmdb_id = models.PositiveIntegerField(_("TMDB id"), null=True, blank=True)
    extract = models.TextField(
        _("text"), blank=True, help_text=_("Opening of the Wikipedia article.")
    )
    wikipedia_page = models.CharField(_("Wikipedia page"), max_length=300, blank=True)
    runtime_minutes = models.PositiveSmallIntegerField(
        _("runtime in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(6000)],
        help_text=_("Empty where it is not known."),
    )
    # Names the poster in our own storage; empty where one is drawn instead.
    poster_key = models.CharField(max_length=20, blank=True, editable=False)
    # Refreshed by import and by the nightly job, not per rating: a hot row would serialise writers.
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    rating_mean = models.FloatField(null=True, editable=False)
    # How many gave half a star, one … five; null where nobody did, and until it was counted.
    rating_histogram = ArrayField(
        models.PositiveIntegerField(), size=10, null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-rating_count", "id"]
        indexes = [
            GinIndex(
                OpClass(F("search_title"), name="gin_trgm_ops"), name="movie_search_title_trgm"
            ),
            models.Index(
                OpClass(F("search_title"), name="text_pattern_ops"), name="movie_search_title_start"
            ),
            # With what films are filtered by, so that these filters need not read the films.
            models.Index(
                fields=["-rating_count", "id"],
                include=["year", "runtime_minutes", "rating_mean"],
                name="movie_by_popularity",
            ),
            models.Index(BEST.desc(nulls_last=True), "id", name="movie_best_first"),
            models.Index(
                F("year").desc(nulls_last=True),
                F("rating_count").desc(),
                "id",
                name="movie_newest_first",
            ),
            models.Index(fields=["year", "-rating_count", "id"], name="movie_oldest_first"),
            models.Index(fields=["search_title", "id"], name="movie_by_title"),
            models.Index(fields=["imdb_id"], condition=~Q(imdb_id=""), name="movie_by_imdb"),
            models.Index(
                fields=["tmdb_id"], condition=Q(tmdb_id__isnull=False), name="movie_by_tmdb"
            ),
        ]

    def __str__(self) -> str:
        """Return the title with the year where it is known."""
        return f"{self.title} ({self.year})" if self.year else self.title

    def save(self, **kwargs: Any) -> None:
        """Keep what search compares in step with the title."""
        self.search_title = normalise_title(self.title)[:SEARCH_TITLE_LENGTH]
        fields = kwargs.get("update_fields")
        if fields is not None and "title" in fields:
            kwargs["update_fields"] = {*fields, "search_title"}
        super().save(**kwargs)

    @property
    def wikipedia_url(self) -> str | None:
        """The address of the article its text is from; the page may be percent-encoded or not."""
        if not self.wikipedia_page:
            return None
        return "https://en.wikipedia.org/wiki/" + quote(unquote(self.wikipedia_page))


class Rating(models.Model):
    """The stars a person gives a movie: one row a pair, 0.5 to 5.0 in halves."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ratings"
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="ratings")
    stars = models.DecimalField(_("stars"), max_digits=2, decimal_places=1)
    # The film's place in the history: kept when the stars change. Ties are broken by id.
    watched_at = models.DateTimeField(_("watched at"), default=timezone.now)
    # Whether somebody said so; else `watched_at` is when it was rated, and tells the order alone.
    is_date_known = models.BooleanField(_("date of watching known"), db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="rating_unique_user_movie"),
            models.CheckConstraint(
                condition=Q(stars__gte=0.5, stars__lte=5), name="rating_stars_in_range"
            ),
            models.CheckConstraint(
                condition=Q(stars=Floor(F("stars") * 2) / 2), name="rating_stars_in_halves"
            ),
        ]
        indexes = [models.Index(fields=["user", "watched_at", "id"], name="rating_history")]

    def __str__(self) -> str:
        """Return who, what and how many stars."""
        return f"{self.user_id}:{self.movie_id}={self.stars}"


class RatingEvent(models.Model):
    """One change of a rating, never edited: what online learning reads."""

    class Kind(models.TextChoices):
        """What happened."""

        SET = "set", _("set")
        REMOVED = "removed", _("removed")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    stars = models.DecimalField(max_digits=2, decimal_places=1, null=True)
    watched_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    # The writing transaction: ids and clocks can be seen out of order, a finished snapshot cannot.
    transaction_id = models.BigIntegerField(
        db_default=models.Func(function="txid_current", output_field=models.BigIntegerField()),
        editable=False,
    )

    class Meta:
        indexes = [models.Index(fields=["transaction_id", "id"], name="rating_event_watermark")]

    def __str__(self) -> str:
        """Return who, what and how."""
        return f"{self.user_id}:{self.movie_id} {self.kind}"


class Tag(models.Model):
    """A word or phrase a person put on a movie."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags"
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="tags")
    text = models.CharField(_("text"), max_length=250)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "movie", "text"], name="tag_unique_user_movie")
        ]

    def __str__(self) -> str:
        """Return the text."""
        return self.text


class WatchlistEntry(models.Model):
    """A movie somebody means to watch."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watchlist"
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="watchlist_unique_user_movie")
        ]
        indexes = [models.Index(fields=["user", "-added_at"], name="watchlist_newest")]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.user_id}:{self.movie_id}"


class CatalogueState(models.Model):
    """One row that counts changes of the catalogue: what caches were made from."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="catalogue_state_single_row")]

    def __str__(self) -> str:
        """Return the version."""
        return str(self.version)
