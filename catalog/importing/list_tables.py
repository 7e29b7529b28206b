"""Lists as CSV: Letterboxd's, with what is said of a list above its films, and those we export.

Ours are the films alone, as Letterboxd's importer takes them; lists.csv says what else there is to
say of each file.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from django.utils.translation import gettext_noop

from catalog.importing.container import Part
from catalog.importing.notes import UploadRefusedError
from catalog.importing.rows import clean_text
from catalog.importing.tables import IDENTIFYING, Table, find_places, simplify_names

MARKER = "letterboxd list export"
INDEX = {"file", "name", "ispublic"}
INDEX_COLUMNS = {
    "name": "name",
    "note": "note",
    "ispublic": "is_public",
    "createdat": "made_at",
    "updatedat": "changed_at",
}
# The folders that lists lie in, in Letterboxd's zip and in ours, by the kind of their tables.
FOLDERS = {"entries": "lists", "likes": "likes"}
LIKES = "Letterboxd likes"


def recognise_list(part: Part) -> Table | None:
    """Return how to read a list of Letterboxd's; None where it is none.

    Raises:
        UploadRefusedError: It begins as one and has no table of films.
    """
    if part.text.lstrip("\ufeff")[: len(MARKER)].lower() != MARKER:
        return None
    above: list[list[str]] = []
    try:
        for fields in _read_records(part):
            places = find_places(simplify_names(fields))
            if above and "position" in places and any(one in places for one in IDENTIFYING):
                return Table(
                    part,
                    "letterboxd",
                    "entries",
                    ",",
                    len(fields),
                    places,
                    skipped=len(above) + 1,
                    head=_read_head(above),
                )
            above.append(fields)
    except csv.Error as error:
        raise _refuse(part) from error
    raise _refuse(part)


def _read_head(above: list[list[str]]) -> dict[str, str]:
    """Return what the records above the films say: names, then values."""
    records = [record for record in above[1:] if any(record)]
    said = dict(zip(simplify_names(records[0]), records[1], strict=False)) if records[1:] else {}
    return {
        "name": said.get("name", ""),
        "note": clean_text(said.get("description", ""), has_markup=True),
        "made_at": said.get("date", ""),
    }


def _refuse(part: Part) -> UploadRefusedError:
    text = gettext_noop(
        "%(name)s begins as a list of Letterboxd and has no films below: export it anew, or take "
        "it out of the zip."
    )
    return UploadRefusedError(text, name=part.name)


def _read_records(part: Part) -> Iterator[list[str]]:
    text = part.text.lstrip("\ufeff")
    return csv.reader(io.StringIO(text, newline=""), strict=True)


def read_index(part: Part) -> dict[str, dict[str, str]] | None:
    """Return what our own lists.csv says of each list, by the name of its file; else None."""
    first = part.text.lstrip("\ufeff").split("\n", 1)[0]
    if not set(simplify_names(first.strip().split(","))) >= INDEX:
        return None
    heads: dict[str, dict[str, str]] = {}
    try:
        records = _read_records(part)
        names = simplify_names(next(records))
        for fields in records:
            said = dict(zip(names, fields, strict=False))
            file = PurePosixPath(said.get("file", "")).name
            heads[file] = {key: said.get(name, "") for name, key in INDEX_COLUMNS.items()}
    except csv.Error as error:
        raise UploadRefusedError(
            gettext_noop("%(name)s is not CSV (%(reason)s). Mend it or export anew."),
            name=part.name,
            reason=str(error),
        ) from error
    return heads


def complete_head(table: Table, heads: Mapping[str, Mapping[str, str]]) -> Table:
    """Return a list's table with all that is known of the list; its file's name, if nothing else.

    Our files are numbered, so that names stay apart.
    """
    if table.kind == "likes":
        return replace(table, head={"name": LIKES})
    path = PurePosixPath(table.part.name)
    number, _, rest = path.stem.partition("-")
    stem = rest if number.isdecimal() and rest else path.stem
    head = {**table.head, **heads.get(path.name, {})}
    return replace(table, head=head | {"name": head.get("name") or stem.replace("-", " ")})
