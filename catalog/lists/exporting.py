"""A person's lists, for their export.

One CSV a list, its films named as in the other files and nothing above them, as Letterboxd's
importer takes it (with the longest notes to a thousand films it may be over the 1 MB that it takes,
and is not split: its parts would come back as two lists); lists.csv says what else there is to say
of each; and all of it once more as JSON.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from django.utils.text import slugify

from accounts.models import User
from accounts.personal_data import ExportedFile, write_csv, write_json
from catalog.exporting import FILM_COLUMNS, FILM_FIELDS, ROWS_AT_ONCE
from catalog.list_models import FilmList, FilmListEntry

HEADER = ("Position", *FILM_COLUMNS, "Description", "AddedAt")
INDEX_HEADER = ("File", "Name", "Note", "IsPublic", "CreatedAt", "UpdatedAt")
FIELDS = ("position", *FILM_FIELDS, "note", "added_at")


def export_lists(user: User) -> Iterable[ExportedFile]:
    """Return each of a person's lists in their order, and all of them as JSON."""
    lists = list(FilmList.objects.filter(user=user).order_by("id"))
    names = [_name_file(number, film_list) for number, film_list in enumerate(lists, start=1)]
    for name, film_list in zip(names, lists, strict=True):
        yield ExportedFile(name, write_csv(HEADER, _read_rows(film_list)))
    rows = map(_index, names, lists)
    yield ExportedFile("lists.csv", write_csv(INDEX_HEADER, rows))
    yield ExportedFile("json/lists.json", write_json(map(_describe, lists)))


def _name_file(number: int, film_list: FilmList) -> str:
    """Return a name of a file; numbers keep those apart that are alike in plain letters alone."""
    name = "-".join(filter(None, (f"{number:03}", slugify(film_list.name)[:60])))
    return f"lists/{name}.csv"


def _index(name: str, film_list: FilmList) -> tuple[object, ...]:
    return (
        *(name, film_list.name, film_list.note, "Yes" if film_list.is_public else ""),
        *(film_list.created_at.isoformat(), film_list.updated_at.isoformat()),
    )


def _read_rows(film_list: FilmList) -> Iterator[tuple[object, ...]]:
    entries = FilmListEntry.objects.filter(film_list=film_list).order_by("position")
    yield from entries.values_list(*FIELDS).iterator(chunk_size=ROWS_AT_ONCE)


def _describe(film_list: FilmList) -> dict[str, object]:
    names = ("position", "movie_id", "imdb_id", "tmdb_id", "title", "year", "note", "added_at")
    describe = partial(zip, names, strict=True)
    return {
        "name": film_list.name,
        "note": film_list.note,
        "is_public": film_list.is_public,
        "share_key": film_list.share_key,
        "created_at": film_list.created_at,
        "updated_at": film_list.updated_at,
        "films": [dict(describe(row)) for row in _read_rows(film_list)],
    }
