"""What people do with their lists, each in one transaction that holds the person's row."""

from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.list_models import (
    MAX_ENTRY_NOTE,
    MAX_LIST_NOTE,
    MAX_NAME,
    FilmList,
    FilmListEntry,
    is_called,
)
from catalog.ratings import lock_user, require_movie

MAX_LISTS: Final = 200
MAX_FILMS: Final = 1000


class UnknownListError(Exception):
    """The person has no such list."""


class UnknownEntryError(Exception):
    """The film is not on the list."""


class InvalidListError(Exception):
    """A list cannot be so; `field` says what of it, the message why."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class ListFullError(Exception):
    """The person has as many lists, or the list as many films, as there may be."""


@transaction.atomic
def create_list(*, user: User, name: str, note: str = "", is_public: bool = False) -> FilmList:
    """Make an empty list.

    Raises:
        InvalidListError: The name is empty, too long or taken, or the note too long.
        ListFullError: The person has as many lists as there may be.
        UnknownUserError: The person is gone.
    """
    owner = lock_user(user_id=user.pk)
    if FilmList.objects.filter(user=owner).count() >= MAX_LISTS:
        raise ListFullError(_("%(most)d lists are the most.") % {"most": MAX_LISTS})
    made = FilmList(user=owner, name=_clean_name(name), note=_clean_note(note, MAX_LIST_NOTE))
    _check_name_is_free(made)
    made.set_public(is_public)
    made.save()
    return made


@transaction.atomic
def change_list(
    *,
    user: User,
    list_id: int,
    name: str | None = None,
    note: str | None = None,
    is_public: bool | None = None,
) -> FilmList:
    """Rename, annotate, share or unshare a list; what is None stays as it is.

    Raises:
        UnknownListError: The person has no such list.
        InvalidListError: The name is empty, too long or taken, or the note too long.
        UnknownUserError: The person is gone.
    """
    changed = _lock_list(user, list_id)
    if name is not None:
        changed.name = _clean_name(name)
        _check_name_is_free(changed)
    if note is not None:
        changed.note = _clean_note(note, MAX_LIST_NOTE)
    if is_public is not None:
        changed.set_public(is_public)
    changed.updated_at = timezone.now()
    changed.save()
    return changed


@transaction.atomic
def delete_list(*, user: User, list_id: int) -> None:
    """Delete a list for good.

    Raises:
        UnknownListError: The person has no such list.
        UnknownUserError: The person is gone.
    """
    _lock_list(user, list_id).delete()


@transaction.atomic
def add_film(
    *, user: User, list_id: int, movie_id: int, position: int | None = None, note: str = ""
) -> FilmListEntry:
    """Put a film at the end of a list, or at a position; one that is there stays as it is.

    Raises:
        UnknownListError: The person has no such list.
        UnknownMovieError: No movie has this id.
        InvalidListError: The note is too long.
        ListFullError: The list has as many films as there may be.
        UnknownUserError: The person is gone.
    """
    film_list = _lock_list(user, list_id)
    require_movie(movie_id=movie_id)
    entries = FilmListEntry.objects.filter(film_list=film_list)
    present = entries.filter(movie_id=movie_id).first()
    if present is not None:
        return present
    last = _count(film_list)
    if last >= MAX_FILMS:
        raise ListFullError(_("A list has at most %(most)d films.") % {"most": MAX_FILMS})
    place = last + 1 if position is None else max(1, min(position, last + 1))
    entries.filter(position__gte=place).update(position=F("position") + 1)
    cleaned = _clean_note(note, MAX_ENTRY_NOTE)
    entry = FilmListEntry.objects.create(
        film_list=film_list, movie_id=movie_id, position=place, note=cleaned
    )
    _touch(film_list)
    return entry


@transaction.atomic
def put_film(
    *,
    user: User,
    list_id: int,
    movie_id: int,
    position: int | None = None,
    note: str | None = None,
) -> tuple[FilmListEntry, bool]:
    """Put a film on a list, or move or annotate it there; also say whether it is new on it.

    Raises:
        UnknownListError: The person has no such list.
        UnknownMovieError: No movie has this id.
        InvalidListError: The note is too long.
        ListFullError: The list has as many films as there may be.
        UnknownUserError: The person is gone.
    """
    film_list = _lock_list(user, list_id)
    is_new = not FilmListEntry.objects.filter(film_list=film_list, movie_id=movie_id).exists()
    where: dict[str, Any] = {
        "user": user,
        "list_id": list_id,
        "movie_id": movie_id,
        "position": position,
    }
    entry = add_film(**where, note=note or "") if is_new else change_entry(**where, note=note)
    return entry, is_new


@transaction.atomic
def remove_film(*, user: User, list_id: int, movie_id: int) -> FilmListEntry | None:
    """Take a film off a list; return the entry that was, None where there was none.

    Raises:
        UnknownListError: The person has no such list.
        UnknownUserError: The person is gone.
    """
    film_list = _lock_list(user, list_id)
    entries = FilmListEntry.objects.filter(film_list=film_list)
    gone = entries.filter(movie_id=movie_id).first()
    if gone is None:
        return None
    entries.filter(pk=gone.pk).delete()
    entries.filter(position__gt=gone.position).update(position=F("position") - 1)
    _touch(film_list)
    return gone


@transaction.atomic
def change_entry(
    *,
    user: User,
    list_id: int,
    movie_id: int,
    position: int | None = None,
    note: str | None = None,
) -> FilmListEntry:
    """Move a film of a list to a position, the others closing up, or annotate it.

    A position beyond the end is the end.

    Raises:
        UnknownListError: The person has no such list.
        UnknownEntryError: The film is not on it.
        InvalidListError: The note is too long.
        UnknownUserError: The person is gone.
    """
    film_list = _lock_list(user, list_id)
    entries = FilmListEntry.objects.filter(film_list=film_list)
    entry = entries.filter(movie_id=movie_id).first()
    if entry is None:
        raise UnknownEntryError(_("The film is not on this list."))
    if note is not None:
        entry.note = _clean_note(note, MAX_ENTRY_NOTE)
    if position is not None:
        old, new = entry.position, max(1, min(position, _count(film_list)))
        entries.filter(position__gt=old, position__lte=new).update(position=F("position") - 1)
        entries.filter(position__gte=new, position__lt=old).update(position=F("position") + 1)
        entry.position = new
    entry.save(update_fields=["note", "position"])
    _touch(film_list)
    return entry


def _lock_list(user: User, list_id: int) -> FilmList:
    """Lock the person, as all writers of their things do, and return their list."""
    owner = lock_user(user_id=user.pk)
    found = FilmList.objects.filter(user=owner, pk=list_id).first()
    if found is None:
        raise UnknownListError(_("You have no such list."))
    return found


def _count(film_list: FilmList) -> int:
    entries = FilmListEntry.objects.filter(film_list=film_list)
    return entries.aggregate(last=Max("position"))["last"] or 0


def _touch(film_list: FilmList) -> None:
    FilmList.objects.filter(pk=film_list.pk).update(updated_at=timezone.now())


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", " ").split())
    if not cleaned:
        raise InvalidListError("name", _("Give the list a name."))
    if len(cleaned) > MAX_NAME:
        text = _("A name has at most %(most)d characters.") % {"most": MAX_NAME}
        raise InvalidListError("name", text)
    return cleaned


def _clean_note(note: str, most: int) -> str:
    cleaned = note.replace("\x00", " ").strip()
    if len(cleaned) > most:
        text = _("This note has at most %(most)d characters.") % {"most": most}
        raise InvalidListError("note", text)
    return cleaned


def _check_name_is_free(film_list: FilmList) -> None:
    same = FilmList.objects.filter(is_called(film_list.name), user_id=film_list.user_id)
    if same.exclude(pk=film_list.pk).exists():
        raise InvalidListError("name", _("You have a list of this name already."))
