"""Lists of films that people make: a name, a note, and films in an order of their own."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Deferrable, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_NAME = 100
MAX_LIST_NOTE = 1000
MAX_ENTRY_NOTE = 500


def is_called(name: str) -> Exact:
    """Return the condition that a name counts as this one, as the unique constraints compare.

    Python folds letters otherwise than the database: the sign of Kelvin is a "k" to one alone.
    """
    return Exact(Lower("name"), Lower(Value(name)))


class FilmList(models.Model):
    """A named list of one person's films."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="film_lists"
    )
    name = models.CharField(_("name"), max_length=MAX_NAME)
    note = models.TextField(_("note"), max_length=MAX_LIST_NOTE, blank=True)
    # Whoever knows it may read the list; null while it is private. Each sharing makes it anew, so
    # that a link once taken back stays dead.
    share_key = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Last changed first; a person's lists have names of their own."""

        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="film_list_unique_name"),
            models.CheckConstraint(condition=~Q(name=""), name="film_list_has_a_name"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def is_public(self) -> bool:
        """Whether whoever has the link may read it."""
        return self.share_key is not None

    def set_public(self, is_public: bool) -> None:
        """Give the list a link where it has none, or take its link back."""
        if is_public != self.is_public:
            self.share_key = uuid.uuid4() if is_public else None


class FilmListEntry(models.Model):
    """One film of a list; `position` counts from 1 without gaps."""

    film_list = models.ForeignKey(FilmList, on_delete=models.CASCADE, related_name="entries")
    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(_("place"))
    note = models.CharField(_("note"), max_length=MAX_ENTRY_NOTE, blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In order; a film stands on a list once, and so does a position."""

        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["film_list", "movie"], name="film_list_entry_unique_movie"
            ),
            # Looked at when a transaction ends: films change places in several steps.
            models.UniqueConstraint(
                fields=["film_list", "position"],
                name="film_list_entry_unique_position",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1), name="film_list_entry_position_from_one"
            ),
        ]

    def __str__(self) -> str:
        """Return the list, the place and the film."""
        return f"{self.film_list_id} {self.position}:{self.movie_id}"
