"""What is known of films beside their ratings: people, where to watch them, and TMDB's record.

All that came from TMDB is marked as its own, for it may be kept for six months at most and may
never feed a model: its texts stay in `TmdbRecord`, which nothing that trains reads.
"""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

COUNTRY_PATTERN = r"^[A-Z]{2}$"


class Source(models.TextChoices):
    """Who says so; each source replaces its own words and nobody else's."""

    TMDB = "tmdb", _("TMDB")
    OPERATOR = "operator", _("operator")


class Person(models.Model):
    """Somebody who makes films or plays in them."""

    name = models.CharField(_("name"), max_length=200, db_index=True)
    tmdb_id = models.PositiveIntegerField(_("TMDB id"), null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("film person")
        verbose_name_plural = _("film people")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Credit(models.Model):
    """What a person did for a movie; `order` 0 is named first, within the job."""

    class Job(models.TextChoices):
        """What somebody did."""

        DIRECTOR = "director", _("director")
        ACTOR = "actor", _("actor")

    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="credits")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="credits")
    job = models.CharField(_("job"), max_length=10, choices=Job)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    character = models.CharField(_("character"), max_length=200, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.OPERATOR)

    class Meta:
        ordering = ["job", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["movie", "person", "job"], name="credit_unique")
        ]
        indexes = [models.Index(fields=["person", "job"], name="credit_by_person")]

    def __str__(self) -> str:
        """Return who did what for which movie, by their ids."""
        return f"{self.person_id} {self.job} {self.movie_id}"


class Service(models.Model):
    """A streaming service. TMDB's providers are found by their id there, an operator's by slug."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    tmdb_id = models.PositiveIntegerField(_("TMDB id"), null=True, blank=True, unique=True)
    movies: "models.ManyToManyField[models.Model, Availability]" = models.ManyToManyField(
        "catalog.Movie", through="Availability", related_name="services"
    )

    class Meta:
        verbose_name = _("streaming service")
        verbose_name_plural = _("streaming services")
        ordering = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Availability(models.Model):
    """A movie that a service offers in a country."""

    class Offer(models.TextChoices):
        """What it takes to watch it there."""

        SUBSCRIPTION = "subscription", _("with a subscription")
        FREE = "free", _("free")
        ADS = "ads", _("free with advertisements")
        RENT = "rent", _("to rent")
        BUY = "buy", _("to buy")

    # What counts as being on one of "my services": no further payment for this film.
    INCLUDED = (Offer.SUBSCRIPTION, Offer.FREE, Offer.ADS)

    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="offers")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="offers")
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[RegexValidator(COUNTRY_PATTERN)],
        help_text=_("Two capital letters (ISO 3166-1), such as DE."),
    )
    offer = models.CharField(_("offer"), max_length=12, choices=Offer, default=Offer.SUBSCRIPTION)
    source = models.CharField(max_length=10, choices=Source, default=Source.OPERATOR)

    class Meta:
        verbose_name_plural = _("availabilities")
        constraints = [
            models.UniqueConstraint(
                fields=["movie", "country", "service", "offer", "source"],
                name="availability_unique",
            ),
            models.CheckConstraint(
                condition=Q(country__regex=COUNTRY_PATTERN), name="availability_country"
            ),
        ]
        indexes = [models.Index(fields=["country", "service"], name="availability_by_service")]

    def __str__(self) -> str:
        """Return the movie, the service and the country."""
        return f"{self.movie_id} {self.service_id} {self.country}"


class TmdbRecord(models.Model):
    """What TMDB says of a movie, and when to ask again; all of it goes after six months."""

    movie = models.OneToOneField(
        "catalog.Movie", on_delete=models.CASCADE, primary_key=True, related_name="tmdb"
    )
    # The id it was asked for: where the movie was given another, all of this is of another film.
    tmdb_id = models.PositiveIntegerField()
    overview = models.TextField(blank=True)
    tagline = models.CharField(max_length=500, blank=True)
    # As TMDB gave it: where the movie's own differs, somebody typed that, and it stays.
    runtime_minutes = models.PositiveSmallIntegerField(null=True)
    poster_path = models.CharField(max_length=100, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField(null=True)
    # A worker's to do; the schedule sets it where `refresh_due_at` is past.
    requested_at = models.DateTimeField(null=True)
    refresh_due_at = models.DateTimeField(null=True)
    # How often it failed since it last did not, and what happened last.
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    # The picture that `Movie.poster_key` names.
    poster_etag = models.CharField(max_length=200, blank=True)
    poster_fetched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["failures", "movie"],
                condition=Q(requested_at__isnull=False),
                name="tmdb_record_requested",
            ),
            models.Index(fields=["refresh_due_at"], name="tmdb_record_due"),
            models.Index(fields=["fetched_at"], name="tmdb_record_age"),
        ]

    def __str__(self) -> str:
        """Return the movie's id and the one at TMDB."""
        return f"{self.movie_id} (TMDB {self.tmdb_id})"
