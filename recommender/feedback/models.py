"""What was shown to whom and what came of it: the two tables that grow with traffic.

Index plan, at 10 million rows of impressions a month:

- (recommendation_id, movie): unique, hence writing twice is harmless; joins events to impressions.
- (user, movie, shown_at): finds the showing that a later rating answers, and all of one person's.
- arm, where there is one: analysis reads the rows of its arms alone.
- shown_at and happened_at as BRIN: rows come in time order, so a few kilobytes serve retention.

A film is seldom deleted, so `movie` has no index of its own.
"""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Movie
from recommender.experiments.models import Arm


class Impression(models.Model):
    """One film shown to one person in one answer."""

    class Surface(models.TextChoices):
        """Where it was shown."""

        API = "api", _("API")
        HOME = "home", _("home page")

    recommendation_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+", db_index=False)
    surface = models.CharField(max_length=8, choices=Surface)
    row = models.CharField(max_length=24, blank=True)
    rank = models.PositiveSmallIntegerField()
    # The version's id, null for popularity; a number alone, for versions outlive no impression.
    model_version_id = models.BigIntegerField(null=True)
    arm = models.ForeignKey(
        Arm, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    row_arm = models.ForeignKey(
        Arm, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    shown_at = models.DateTimeField()

    class Meta:
        """See the module."""

        constraints = [
            models.UniqueConstraint(
                fields=["recommendation_id", "movie"], name="impression_unique_movie"
            )
        ]
        indexes = [
            models.Index(fields=["user", "movie", "shown_at"], name="impression_of_person"),
            models.Index(fields=["arm"], condition=Q(arm__isnull=False), name="impression_of_arm"),
            models.Index(
                fields=["row_arm"], condition=Q(row_arm__isnull=False), name="impression_of_row_arm"
            ),
            BrinIndex(fields=["shown_at"], name="impression_time"),
        ]

    def __str__(self) -> str:
        """Return where and what."""
        return f"{self.recommendation_id}:{self.movie_id}"


class Event(models.Model):
    """What somebody did with a film that an answer had shown; once for each kind."""

    class Kind(models.TextChoices):
        """What was done; a film is liked where it is rated four stars or more."""

        CLICK = "click", _("opened")
        LIKED = "liked", _("rated 4 or more")
        WATCHLISTED = "watchlisted", _("put on the watchlist")
        HIDDEN = "hidden", _("hidden")
        WATCHED = "watched", _("watched")

    recommendation_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    happened_at = models.DateTimeField()

    class Meta:
        """The person comes first: nobody's events are in the way of another's."""

        constraints = [
            models.UniqueConstraint(
                fields=["user", "recommendation_id", "movie", "kind"], name="event_unique"
            )
        ]
        indexes = [BrinIndex(fields=["happened_at"], name="event_time")]

    def __str__(self) -> str:
        """Return what happened to what."""
        return f"{self.movie_id} {self.kind}"
