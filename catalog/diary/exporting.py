"""A person's diary and notes, for their export.

diary.csv has the columns that Letterboxd's importer reads; what is noted is, here as in notes.csv,
in a column of a name it does not know, for what is private here would be a public review there.
"""

from collections.abc import Iterable

from accounts.models import User
from accounts.personal_data import ExportedFile, split_csv, write_csv, write_json
from catalog.diary_models import DiaryEntry, MovieNote
from catalog.exporting import FILM, FILM_COLUMNS, FILM_FIELDS, MOST_BYTES, ROWS_AT_ONCE


def export_diary(user: User) -> Iterable[ExportedFile]:
    """Return on which days somebody watched what, and what they noted of films."""
    days = DiaryEntry.objects.filter(user=user).order_by("watched_on", "id")
    notes = MovieNote.objects.filter(user=user).order_by("id")
    header: tuple[str, ...] = (*FILM_COLUMNS, "WatchedDate", "Rewatch", "PrivateNote")
    rows = days.values_list(*FILM_FIELDS, "watched_on", "is_rewatch", "note")
    lines = (
        (*film, day.isoformat(), "Yes" if is_rewatch else "", note)
        for *film, day, is_rewatch, note in rows.iterator(chunk_size=ROWS_AT_ONCE)
    )
    yield from split_csv("diary", header, lines, most_bytes=MOST_BYTES)
    fields: tuple[str, ...] = (
        "movie_id",
        "watched_on",
        "is_rewatch",
        "note",
        "created_at",
        "updated_at",
    )
    entries = days.values(*fields, **FILM).iterator(chunk_size=ROWS_AT_ONCE)
    yield ExportedFile("json/diary.json", write_json(entries))
    written_of = notes.values_list(*FILM_FIELDS, "text", "created_at")
    header = (*FILM_COLUMNS, "PrivateNote", "NotedAt")
    yield ExportedFile("notes.csv", write_csv(header, written_of.iterator(chunk_size=ROWS_AT_ONCE)))
    fields = ("movie_id", "text", "created_at", "updated_at")
    written = notes.values(*fields, **FILM).iterator(chunk_size=ROWS_AT_ONCE)
    yield ExportedFile("json/notes.json", write_json(written))
