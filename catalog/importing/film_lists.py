"""The lists of an import become a person's lists, and go again when it is undone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from catalog.import_models import HistoryImport, ImportedFilm, ImportedList, ImportedListEntry
from catalog.importing.contents import UploadedList
from catalog.list_models import FilmList, FilmListEntry, is_called
from catalog.lists.services import MAX_FILMS, MAX_LISTS

BATCH_ROWS = 1000
Match, Outcome = ImportedFilm.Match, ImportedFilm.Outcome


def keep_lists(
    batch: HistoryImport, lists: Sequence[UploadedList], rows: Mapping[int, ImportedFilm]
) -> None:
    """Keep an upload's lists for the review; `rows` are the films kept, by the identity of each."""
    kept = ImportedList.objects.bulk_create(
        ImportedList(
            history_import=batch,
            position=place,
            where=one.where[-200:],
            name=one.name,
            note=one.note,
            is_public=one.is_public,
            made_at=one.made_at,
            changed_at=one.changed_at,
        )
        for place, one in enumerate(lists)
    )
    entries = (
        ImportedListEntry(
            imported_list=row,
            film=rows[key],
            position=entry.position,
            note=entry.note,
            added_at=entry.added_at,
        )
        for row, one in zip(kept, lists, strict=True)
        for key, entry in one.entries.items()
        if key in rows  # series are not
    )
    while chunk := list(islice(entries, BATCH_ROWS)):
        ImportedListEntry.objects.bulk_create(chunk)


def add_lists(owner: User, batch: HistoryImport) -> dict[str, int]:
    """Make an import's lists, in the caller's transaction; return how many of each outcome.

    A list whose name the person has already gives its films to that one, which keeps its own name,
    note and order: the same file imported twice makes nothing twice.
    """
    room = MAX_LISTS - FilmList.objects.filter(user=owner).count()
    counts = Counter(lists=0, lists_extended=0, list_films=0, lists_left=0)
    for one in batch.lists.filter(is_wanted=True).order_by("position"):
        mine = FilmList.objects.filter(is_called(one.name), user=owner).first()
        if mine is None and room <= 0:
            counts["lists_left"] += 1
            continue
        film_list = mine or _make(owner, one)
        number = _put_films(film_list, one)
        counts["list_films"] += number
        if mine is None:
            room -= 1
            counts["lists"] += 1
            one.outcome, one.after_at = Outcome.ADDED, film_list.updated_at
        elif number:
            counts["lists_extended"] += 1
            one.outcome, one.before_at = Outcome.CHANGED, film_list.updated_at
            film_list.updated_at = one.after_at = timezone.now()
            film_list.save(update_fields=["updated_at"])
        one.film_list = film_list
        one.save(update_fields=["outcome", "before_at", "after_at", "film_list"])
    return dict(counts)


def _make(owner: User, one: ImportedList) -> FilmList:
    """Make a list; the link of a shared one is new, for the old one may still be in use."""
    now = timezone.now()
    film_list = FilmList(
        user=owner,
        name=one.name,
        note=one.note,
        created_at=one.made_at or now,
        updated_at=one.changed_at or now,
    )
    film_list.set_public(one.is_public)
    film_list.save()
    return film_list


def _put_films(film_list: FilmList, one: ImportedList) -> int:
    """Put the films that were found at the end of a list as far as there is room; return how many.

    A film that is on the list stays where it is.
    """
    held = FilmListEntry.objects.filter(film_list=film_list)
    present = set(held.values_list("movie_id", flat=True))
    place = held.aggregate(last=Max("position"))["last"] or 0
    made: list[FilmListEntry] = []
    added: list[int] = []
    found = one.entries.filter(film__match=Match.MATCHED, film__movie__isnull=False)
    now = timezone.now()
    for entry in found.select_related("film").order_by("position", "pk"):
        movie_id = entry.film.movie_id
        if movie_id is None or movie_id in present or place + len(made) >= MAX_FILMS:
            continue
        present.add(movie_id)
        added.append(entry.pk)
        made.append(
            FilmListEntry(
                film_list=film_list,
                movie_id=movie_id,
                position=place + len(made) + 1,
                note=entry.note,
                added_at=entry.added_at or now,
            )
        )
    FilmListEntry.objects.bulk_create(made, batch_size=BATCH_ROWS)
    ImportedListEntry.objects.filter(pk__in=added).update(has_added=True)
    return len(made)


def remove_lists(batch: HistoryImport) -> dict[str, int]:
    """Take an import's lists away, in the caller's transaction; return how many of each outcome.

    A list that was changed by hand since then stays, all of it. Of a list that was here before,
    the films that came onto it go, but those whose note was changed.
    """
    counts = Counter(lists=0, lists_shrunk=0, lists_kept=0)
    touched = batch.lists.exclude(outcome=Outcome.NONE)
    for one in touched.order_by("-position"):  # two may have gone into the same list
        film_list = FilmList.objects.filter(pk=one.film_list_id or 0).first()
        if film_list is None:  # deleted by hand
            continue
        is_as_left = film_list.updated_at == one.after_at
        if one.outcome == Outcome.CHANGED:
            _take_films(film_list, one)
            film_list.updated_at = (is_as_left and one.before_at) or timezone.now()
            film_list.save(update_fields=["updated_at"])
            counts["lists_shrunk"] += 1
        elif is_as_left:
            film_list.delete()
            counts["lists"] += 1
        else:
            counts["lists_kept"] += 1
    return dict(counts)


def _take_films(film_list: FilmList, one: ImportedList) -> None:
    added = dict(one.entries.filter(has_added=True).values_list("film__movie_id", "note"))
    held = list(FilmListEntry.objects.filter(film_list=film_list).order_by("position"))
    gone = {entry.pk for entry in held if added.get(entry.movie_id) == entry.note}
    FilmListEntry.objects.filter(pk__in=gone).delete()
    moved: list[FilmListEntry] = []
    for place, entry in enumerate((one for one in held if one.pk not in gone), start=1):
        if entry.position != place:
            entry.position = place
            moved.append(entry)
    FilmListEntry.objects.bulk_update(moved, ["position"], batch_size=BATCH_ROWS)
