"""A movie night: who is in, which films are up, what each is predicted to think, and the votes."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Movie

MIN_MEMBERS = 2
MAX_MEMBERS = 6
NAME_LENGTH = 30
# So long a night waits for people and votes; every step forward starts the time anew.
OPEN_FOR = timedelta(hours=48)
# So long people can look up what was decided.
KEPT_FOR = timedelta(days=30)


def make_invite_slug() -> str:
    """Return what an invitation's link ends in: 128 random bits."""
    return secrets.token_urlsafe(16)


def compute_expiry() -> datetime:
    """Return when a night that takes a step now is over."""
    return timezone.now() + OPEN_FOR


class MovieNight(models.Model):
    """People gather, vote, and have a film; or the time runs out.

    Whoever has the link can come in while people gather; without `invite_slug` nobody can. The slug
    is kept readable, for the host is shown the link again. `version` grows with every change that
    a page shows, `round` when the vote starts over with other films.
    """

    class Status(models.TextChoices):
        """How far it has come."""

        GATHERING = "gathering", _("people are gathering")
        VOTING = "voting", _("the vote is on")
        DECIDED = "decided", _("decided")

    class Rule(models.TextChoices):
        """How films are chosen for the vote; the first two are strategies of `ml.groups`."""

        WITHOUT_MISERY = "average_without_misery", _("Good for all of us")
        LEAST_MISERY = "least_misery", _("Nobody suffers")
        HOST_PICKS = "host_picks", _("The host picks")

    status = models.CharField(max_length=10, choices=Status, default=Status.GATHERING)
    rule = models.CharField(_("How films are chosen"), max_length=24, choices=Rule)
    allows_seen = models.BooleanField(_("Also films some of us have seen"), default=False)
    invite_slug = models.CharField(
        max_length=32, unique=True, null=True, blank=True, default=make_invite_slug
    )
    version = models.PositiveIntegerField(default=1)
    round = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=compute_expiry)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="decided", decided_at__isnull=False)
                | (~Q(status="decided") & Q(decided_at=None)),
                name="night_decided_when",
            ),
            models.CheckConstraint(condition=~Q(invite_slug=""), name="night_slug_or_null"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="night_expiry")]

    def __str__(self) -> str:
        """Return the number and how far it has come."""
        return f"night {self.pk} {self.status}"

    @property
    def is_over(self) -> bool:
        """Whether its time has run out."""
        return self.expires_at <= timezone.now()

    @property
    def stage(self) -> str:
        """What a page must be drawn anew for: how far it has come, and in which round."""
        return f"{'over' if self.is_over else self.status}-{self.round}"


class NightMember(models.Model):
    """Somebody's seat at a movie night; `name` is what the others see of them.

    Six seats, one person one seat, one name, at most one host: all kept by the database, so that a
    seventh person cannot slip in beside the sixth.
    """

    night = models.ForeignKey(MovieNight, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("Your name here"), max_length=NAME_LENGTH)
    seat = models.PositiveSmallIntegerField()
    is_host = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # A ballot may approve of nothing: having voted is a fact of its own.
    voted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["night", "user"], name="night_member_once"),
            models.UniqueConstraint(fields=["night", "seat"], name="night_seat_once"),
            models.UniqueConstraint("night", Lower("name"), name="night_name_once"),
            models.UniqueConstraint(
                fields=["night"], condition=Q(is_host=True), name="night_one_host"
            ),
            models.CheckConstraint(
                condition=Q(seat__gte=1, seat__lte=MAX_MEMBERS), name="night_seat_in_range"
            ),
        ]

    def __str__(self) -> str:
        """Return who sits where."""
        return f"{self.night_id}/{self.seat} {self.name}"


class NightFilm(models.Model):
    """A film that is or was up for the vote, in its `round`; `rank` counts from 1.

    `votes` is how many approved when it was decided. It stays as people leave, for otherwise the
    difference would tell what whoever left had voted for.
    """

    night = models.ForeignKey(MovieNight, on_delete=models.CASCADE, related_name="films")
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="+")
    round = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField()
    is_winner = models.BooleanField(default=False)
    votes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["night", "movie"], name="night_film_once"),
            models.UniqueConstraint(
                fields=["night"], condition=Q(is_winner=True), name="night_one_winner"
            ),
        ]

    def __str__(self) -> str:
        """Return the night and the film."""
        return f"{self.night_id}:{self.movie_id}"


class NightForecast(models.Model):
    """The stars somebody was predicted to give a film when the vote began."""

    film = models.ForeignKey(NightFilm, on_delete=models.CASCADE, related_name="forecasts")
    member = models.ForeignKey(NightMember, on_delete=models.CASCADE, related_name="+")
    stars = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["film", "member"], name="night_forecast_once"),
            models.CheckConstraint(
                condition=Q(stars__gte=0.5, stars__lte=5), name="night_forecast_in_range"
            ),
        ]

    def __str__(self) -> str:
        """Return which film, who and how many stars."""
        return f"{self.film_id}:{self.member_id}={self.stars}"


class NightApproval(models.Model):
    """Somebody would watch this film: one line of their ballot."""

    film = models.ForeignKey(NightFilm, on_delete=models.CASCADE, related_name="approvals")
    member = models.ForeignKey(NightMember, on_delete=models.CASCADE, related_name="approvals")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["film", "member"], name="night_approval_once")
        ]

    def __str__(self) -> str:
        """Return who and which film."""
        return f"{self.member_id}:{self.film_id}"
