"""What people keep of films for themselves: when they watched them, and their notes."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_ENTRY_NOTE = 2000
MAX_MOVIE_NOTE = 5000
# More than anybody watches in a life: pages and answers read all days of a film, or of a person.
MAX_ENTRIES, MAX_DAYS_OF_MOVIE = 50_000, 200
# The first film was shot in 1888.
EARLIEST_WATCHED_ON = date(1888, 1, 1)


class DiaryEntry(models.Model):
    """A day on which somebody watched a movie; the same movie may have several."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="diary"
    )
    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="+")
    watched_on = models.DateField(_("watched on"))
    is_rewatch = models.BooleanField(_("watched before"), default=False)
    note = models.TextField(_("note"), max_length=MAX_ENTRY_NOTE, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("diary entry")
        verbose_name_plural = _("diary entries")
        ordering = ["-watched_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "movie", "watched_on"], name="diary_unique_movie_and_day"
            ),
            models.CheckConstraint(
                condition=Q(watched_on__gte=EARLIEST_WATCHED_ON), name="diary_since_there_are_films"
            ),
        ]
        indexes = [models.Index(fields=["user", "-watched_on", "-id"], name="diary_newest")]

    def __str__(self) -> str:
        """Return who, what and when."""
        return f"{self.user_id}:{self.movie_id} {self.watched_on}"


class MovieNote(models.Model):
    """What somebody wrote about a movie, for nobody else to read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="+")
    text = models.TextField(_("text"), max_length=MAX_MOVIE_NOTE)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="movie_note_unique_user_movie"),
            models.CheckConstraint(condition=~Q(text=""), name="movie_note_has_text"),
        ]

    def __str__(self) -> str:
        """Return who and about what."""
        return f"{self.user_id}:{self.movie_id}"
