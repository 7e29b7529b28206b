"""What people write into their diary and notes, each in one transaction.

A diary entry says when a film was watched. It never moves a rating: a film keeps its place in the
history, which is the place of its rating.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.diary_models import (
    EARLIEST_WATCHED_ON,
    MAX_DAYS_OF_MOVIE,
    MAX_ENTRIES,
    MAX_ENTRY_NOTE,
    MAX_MOVIE_NOTE,
    DiaryEntry,
    MovieNote,
)
from catalog.ratings import lock_user, require_movie
from catalog.signals import diary_changed

# It is tomorrow already where the day begins first.
AHEAD = timedelta(hours=14)


class UnknownEntryError(Exception):
    """This person has no diary entry of this id."""


class InvalidEntryError(Exception):
    """The day or the note cannot be kept; `field` is which, the message says why."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class AlreadyInDiaryError(InvalidEntryError):
    """The film is in the diary on that day already."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """What a diary entry says of one evening."""

    watched_on: date
    is_rewatch: bool = False
    note: str = ""


def get_last_day() -> date:
    """Return the latest day that it is anywhere on earth."""
    return (timezone.now() + AHEAD).date()


@transaction.atomic
def add_entry(*, user: User, movie_id: int, viewing: Viewing, origin: str = "") -> DiaryEntry:
    """Write into the diary that a film was watched on a day.

    `origin` is the recommendation it was watched from, where known.

    Raises:
        AlreadyInDiaryError: The day has the film already.
        InvalidEntryError: The day is in the future or before there were films; the note is too
            long; or the diary is full.
        UnknownMovieError: No movie has this id.
        UnknownUserError: The person is gone.
    """
    owner = lock_user(user_id=user.pk)
    require_movie(movie_id=movie_id)
    entry = DiaryEntry(user=owner, movie_id=movie_id)
    _fill(entry, viewing)
    _require_room(owner, movie_id)
    entry.save()
    _tell(entry, viewing=entry, origin=origin)
    return entry


@transaction.atomic
def change_entry(*, user: User, entry_id: int, viewing: Viewing) -> DiaryEntry:
    """Change the day, the note or the mark of an entry.

    Raises:
        InvalidEntryError: As for a new one.
        UnknownEntryError: They have no such entry.
        UnknownUserError: The person is gone.
    """
    entry = _get_own(user, entry_id)
    _fill(entry, viewing)
    entry.save()
    return entry


@transaction.atomic
def remove_entry(*, user: User, entry_id: int) -> DiaryEntry:
    """Take an entry out of the diary and return it as it was.

    Raises:
        UnknownEntryError: They have no such entry.
        UnknownUserError: The person is gone.
    """
    entry = _get_own(user, entry_id)
    DiaryEntry.objects.filter(pk=entry.pk).delete()
    _tell(entry, viewing=None)
    return entry


@transaction.atomic
def save_note(*, user: User, movie_id: int, text: str) -> MovieNote | None:
    """Keep a private note about a movie, in place of an earlier one; no text takes it away.

    Raises:
        InvalidEntryError: The text is too long.
        UnknownMovieError: No movie has this id.
        UnknownUserError: The person is gone.
    """
    owner, kept = lock_user(user_id=user.pk), text.strip()
    if len(kept) > MAX_MOVIE_NOTE:
        raise InvalidEntryError(_too_long(MAX_MOVIE_NOTE), field="text")
    require_movie(movie_id=movie_id)
    notes = MovieNote.objects.filter(user=owner, movie_id=movie_id)
    if not kept:
        notes.delete()
        return None
    note = notes.first() or MovieNote(user=owner, movie_id=movie_id)
    note.text = kept
    note.save()
    return note


def _tell(entry: DiaryEntry, *, viewing: DiaryEntry | None, origin: str = "") -> None:
    diary_changed.send(
        sender=DiaryEntry,
        user=entry.user,
        movie_id=entry.movie_id,
        viewing=viewing,
        origin=origin,
    )


def _get_own(user: User, entry_id: int) -> DiaryEntry:
    owner = lock_user(user_id=user.pk)
    entry = DiaryEntry.objects.select_related("movie").filter(user=owner, pk=entry_id).first()
    if entry is None:
        raise UnknownEntryError(f"No diary entry {entry_id} of this person.")
    entry.user = owner
    return entry


def _require_room(owner: User, movie_id: int) -> None:
    of_movie = Count("pk", filter=Q(movie_id=movie_id))
    held = DiaryEntry.objects.filter(user=owner).aggregate(all=Count("pk"), of_movie=of_movie)
    if held["all"] >= MAX_ENTRIES or held["of_movie"] >= MAX_DAYS_OF_MOVIE:
        raise InvalidEntryError(_("Your diary holds no more days."), field="watched_on")


def _fill(entry: DiaryEntry, viewing: Viewing) -> None:
    """Put what was said into an entry, once it is seen to be possible."""
    day, note = viewing.watched_on, viewing.note.strip()
    if day > get_last_day():
        raise InvalidEntryError(_("That day is still to come."), field="watched_on")
    if day < EARLIEST_WATCHED_ON:
        raise InvalidEntryError(_("There were no films yet."), field="watched_on")
    if len(note) > MAX_ENTRY_NOTE:
        raise InvalidEntryError(_too_long(MAX_ENTRY_NOTE), field="note")
    same = DiaryEntry.objects.filter(user=entry.user, movie_id=entry.movie_id, watched_on=day)
    if same.exclude(pk=entry.pk).exists():
        text = _("It is in your diary on that day already.")
        raise AlreadyInDiaryError(text, field="watched_on")
    entry.watched_on, entry.is_rewatch, entry.note = day, viewing.is_rewatch, note


def _too_long(most: int) -> str:
    return _("That is too long: %(most)d letters are the most.") % {"most": most}
