"""The days of an import on which films were watched, and the diary they go into."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from operator import itemgetter
from typing import TypedDict

from accounts.models import User
from catalog.diary_models import MAX_DAYS_OF_MOVIE, MAX_ENTRIES, MAX_ENTRY_NOTE, DiaryEntry
from catalog.import_models import ImportedFilm
from catalog.signals import diary_changed

BATCH_ROWS = 2000


class Day(TypedDict):
    """One day of a diary as it is kept with an import."""

    on: str
    is_rewatch: bool
    note: str


def make_day(watched_at: datetime, *, rewatch: str, note: str) -> Day:
    """Return a line of a diary; `rewatch` is "Yes" where the film had been seen before."""
    is_rewatch = rewatch.strip().lower() in ("yes", "true", "1")
    return Day(
        on=watched_at.date().isoformat(),
        is_rewatch=is_rewatch,
        note=note.strip()[:MAX_ENTRY_NOTE],
    )


def merge_days(kept: list[Day], others: Iterable[Day]) -> list[Day]:
    """Return the days of both; one that both have is that of `kept`."""
    return list({day["on"]: day for day in (*others, *kept)}.values())


def plan_days(owner: User, films: Iterable[ImportedFilm]) -> list[DiaryEntry]:
    """Return the entries that the diary has not yet; films keep the days that are added.

    Of a film or a diary with more days than there may be, the last that there is room for.
    """
    mine: dict[int, set[str]] = defaultdict(set)
    for movie_id, day in DiaryEntry.objects.filter(user=owner).values_list(
        "movie_id", "watched_on"
    ):
        mine[movie_id].add(day.isoformat())
    room = MAX_ENTRIES - sum(map(len, mine.values()))
    entries: list[DiaryEntry] = []
    for film in films:
        known = mine[film.movie_id] if film.movie_id is not None else set()
        new = sorted((day for day in film.days if day["on"] not in known), key=itemgetter("on"))
        most = max(0, min(MAX_DAYS_OF_MOVIE - len(known), room - len(entries)))
        film.days = new[max(0, len(new) - most) :]
        if film.movie_id is not None:
            entries += [_make_entry(owner, film.movie_id, day) for day in film.days]
    return entries


def add_days(owner: User, entries: list[DiaryEntry], *, is_told: bool) -> None:
    """Write entries into the diary, inside the caller's transaction.

    `is_told` says that news of this import was sent already: one is enough.
    """
    DiaryEntry.objects.bulk_create(entries, batch_size=BATCH_ROWS, ignore_conflicts=True)
    if not is_told:
        _tell(owner, entries)


def remove_days(owner: User, films: Iterable[ImportedFilm]) -> int:
    """Take the days of an import out of the diary, but those changed by hand; return how many."""
    days = {
        (film.movie_id, day["on"]): (day["is_rewatch"], day["note"])
        for film in films
        for day in film.days
    }
    mine = DiaryEntry.objects.filter(user=owner, movie_id__in={movie_id for movie_id, _ in days})
    gone = [
        entry
        for entry in mine
        if days.get((entry.movie_id, entry.watched_on.isoformat()))
        == (entry.is_rewatch, entry.note)
    ]
    DiaryEntry.objects.filter(pk__in=[entry.pk for entry in gone]).delete()
    _tell(owner, gone)
    return len(gone)


def _make_entry(owner: User, movie_id: int, day: Day) -> DiaryEntry:
    return DiaryEntry(
        user=owner,
        movie_id=movie_id,
        watched_on=date.fromisoformat(day["on"]),
        is_rewatch=day["is_rewatch"],
        note=day["note"],
    )


def _tell(owner: User, entries: list[DiaryEntry]) -> None:
    if entries:
        diary_changed.send(
            sender=DiaryEntry, user=owner, movie_id=entries[0].movie_id, viewing=None, origin=""
        )
