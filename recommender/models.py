"""What the recommender remembers: tastes, hidden films and the versions of its model.

Experiments and what people did with what they were shown are in modules of their own.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Genre, Movie
from recommender.experiments.models import Arm, Experiment, Exposure, RowDecision, RowPosterior
from recommender.feedback.models import Event, Impression
from recommender.night.models import (
    MovieNight,
    NightApproval,
    NightFilm,
    NightForecast,
    NightMember,
)
from recommender.tonight.models import ChosenService

__all__ = [
    "AgeBand",
    "Arm",
    "ChosenService",
    "Event",
    "Experiment",
    "Exposure",
    "HiddenMovie",
    "Impression",
    "ModelVersion",
    "MovieNight",
    "MutedReason",
    "NightApproval",
    "NightFilm",
    "NightForecast",
    "NightMember",
    "RowDecision",
    "RowPosterior",
    "TasteProfile",
    "TrainedOn",
]

# The first films are not much older.
MOST_YEARS = 150


class AgeBand(models.IntegerChoices):
    """Ages as MovieLens 1M bands them, by the youngest of each band."""

    UNDER_18 = 1, _("under 18")
    FROM_18 = 18, _("18 to 24")
    FROM_25 = 25, _("25 to 34")
    FROM_35 = 35, _("35 to 44")
    FROM_45 = 45, _("45 to 49")
    FROM_50 = 50, _("50 to 55")
    FROM_56 = 56, _("56 or older")


class TasteProfile(models.Model):
    """One person's answers at the door, and the version that marks every change of their taste."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="taste", primary_key=True
    )
    # Rating, hide, genre answers, merge of a guest … each bumps it; caches are keyed by it.
    version = models.PositiveBigIntegerField(default=0)
    favourite_genres = models.ManyToManyField(Genre, blank=True, related_name="+")
    # Only where somebody chose to say it; used for people with fewer than five films.
    age_band = models.PositiveSmallIntegerField(_("age"), choices=AgeBand, null=True, blank=True)
    onboarded_at = models.DateTimeField(null=True, blank=True)
    # -1 to 1, 0 as the model says; variety 0 to 1, null as is usual (see `dials`).
    obscurity = models.FloatField(_("obscurity"), db_default=0.0)
    adventure = models.FloatField(_("adventure"), db_default=0.0)
    newness = models.FloatField(_("newness"), db_default=0.0)
    variety = models.FloatField(_("variety"), null=True, blank=True)
    # Films of the last so many years alone, this one among them; null: of any year.
    last_years = models.PositiveSmallIntegerField(_("last years only"), null=True, blank=True)
    excluded_genres = models.ManyToManyField(Genre, blank=True, related_name="+")
    # Whom experiments assign to arms: the guest this person was at first; null: their own id.
    subject_key = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """An age is one of the bands, or not known."""

        constraints = [
            models.CheckConstraint(
                condition=Q(age_band=None) | Q(age_band__in=AgeBand.values),
                name="taste_age_is_a_band",
            ),
            models.CheckConstraint(
                condition=Q(obscurity__range=(-1, 1), adventure__range=(-1, 1))
                & Q(newness__range=(-1, 1))
                & (Q(variety=None) | Q(variety__range=(0, 1))),
                name="taste_dials_in_range",
            ),
            models.CheckConstraint(
                condition=Q(last_years=None) | Q(last_years__range=(1, MOST_YEARS)),
                name="taste_last_years_in_range",
            ),
        ]

    def __str__(self) -> str:
        """Return whose taste it is and its version."""
        return f"{self.user_id} v{self.version}"


class HiddenMovie(models.Model):
    """A film a person does not want to be shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One row a pair."""

        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="hidden_unique_user_movie")
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.user_id}:{self.movie_id}"


class MutedReason(models.Model):
    """A film of their history that a person does not want named as a reason."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+")
    muted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One row a pair."""

        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="muted_reason_unique")
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.user_id}:{self.movie_id}"


class ModelVersion(models.Model):
    """A published model: immutable files in the artefact storage, and where they came from."""

    class Kind(models.TextChoices):
        """How it was trained."""

        FULL = "full", _("full training")
        FINETUNED = "finetuned", _("fine-tuned from live ratings")

    class Status(models.TextChoices):
        """Whether it may be served."""

        READY = "ready", _("ready")
        REJECTED = "rejected", _("rejected by the guardrail")
        RETIRED = "retired", _("retired, its files are gone")

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    status = models.CharField(max_length=12, choices=Status, default=Status.READY)
    # The full training this one started from; null for a full training itself.
    base = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="descendants"
    )
    artifact_prefix = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    is_active = models.BooleanField(default=False)
    # Every rating event of a transaction below this one was seen by the training.
    watermark = models.BigIntegerField(default=0)
    # Of how many members it read the ratings; `TrainedOn` has a row for each who is still here.
    num_members = models.PositiveIntegerField(default=0)
    metrics = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first; at most one active, and only one that may be served."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="model_version_one_active"
            ),
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(status="ready"),
                name="model_version_active_is_ready",
            ),
        ]

    def __str__(self) -> str:
        """Return the name and number."""
        return f"{self.name} #{self.pk}"


class TrainedOn(models.Model):
    """A member whose ratings a fine-tuned version read; the row goes when the person does.

    Fewer rows of consenting people than `ModelVersion.num_members` say that somebody has left since
    (see `recommender.withdrawals`). A retired version has none.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="trained_on")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        """One row a pair."""

        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="trained_on_unique")
        ]

    def __str__(self) -> str:
        """Return which version and who."""
        return f"{self.version_id}:{self.user_id}"
