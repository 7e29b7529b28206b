"""The JSON of our own export, told apart by what its objects hold, whatever the files are called.

It says the same as the CSV beside it, and is read where that is missing.
"""

from collections.abc import Callable, Iterator
from typing import Any

from catalog.importing.container import Part
from catalog.importing.kinds import make_row
from catalog.importing.notes import Problem
from catalog.importing.rows import (
    BadValueError,
    Document,
    NoteProblem,
    Row,
    parse_time,
    say_value,
)

# For each kind of file what its objects have, and under which name they have each column.
SHAPES: tuple[tuple[str, set[str], dict[str, str]], ...] = (
    ("ratings", {"stars", "is_date_known"}, {"stars": "stars", "rated_at": "updated_at"}),
    (
        "days",
        {"watched_on", "is_rewatch"},
        {"watched_at": "watched_on", "rewatch": "is_rewatch", "private_note": "note"},
    ),
    ("notes", {"text", "updated_at"}, {"private_note": "text", "noted_at": "created_at"}),
    ("hidden", {"hidden_at"}, {"hidden_at": "hidden_at"}),
    ("muted", {"muted_at"}, {"muted_at": "muted_at"}),
    ("list", {"added_at"}, {"listed_at": "added_at"}),
    ("plain", {"watched_at", "created_at"}, {"watched_at": "watched_at"}),
)
FILM = {name: name for name in ("title", "year", "movie_id", "imdb_id", "tmdb_id")}
ENTRY = {"position": "position", "entry_note": "note", "listed_at": "added_at"}
HEAD = {
    "name": "name",
    "note": "note",
    "is_public": "is_public",
    "made_at": "created_at",
    "changed_at": "updated_at",
}
LIST_KEYS = {"name", "is_public", "films"}


def read_own(part: Part, content: object, note_problem: NoteProblem) -> list[Document] | None:
    """Return what a JSON file of ours holds that is imported; None where it is not ours."""
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(content, list) or not isinstance(first, dict):
        return None
    if set(first) >= LIST_KEYS:
        lists = [entry for entry in content if isinstance(entry, dict)]
        return [
            _read_list(part, number, entry, note_problem)
            for number, entry in enumerate(lists, start=1)
        ]
    if "movie_id" not in first:
        return None
    for kind, keys, columns in SHAPES:
        if keys <= set(first) and "kind" not in first:  # changes of ratings have one
            rows = _read_rows(part.name, content, kind, columns, note_problem)
            return [Document("plain", part.name, rows)]
    return []


def _read_list(
    part: Part, number: int, entry: dict[str, Any], note_problem: NoteProblem
) -> Document:
    head = {column: say_value(entry.get(key)) for column, key in HEAD.items()}
    films = entry["films"] if isinstance(entry.get("films"), list) else []
    where = f"{part.name}:{number}"
    return Document("plain", where, _read_rows(where, films, "entries", ENTRY, note_problem), head)


def _read_rows(
    name: str, entries: list[Any], kind: str, columns: dict[str, str], note_problem: NoteProblem
) -> Iterator[Row]:
    for number, entry in enumerate(entries, start=1):
        where = f"{name[-200:]}:{number}"
        if not isinstance(entry, dict):
            continue
        try:
            row = make_row(kind, _get_from(entry, FILM | columns), where)
            if kind == "ratings":
                _tell_time(row, entry)
        except BadValueError as error:
            note_problem(Problem(where=where, text=error.text, values={"value": error.value}))
        else:
            yield row


def _get_from(entry: dict[str, Any], columns: dict[str, str]) -> Callable[[str], str]:
    return lambda column: say_value(entry.get(columns[column])) if column in columns else ""


def _tell_time(row: Row, entry: dict[str, Any]) -> None:
    """Take when a film was watched, where that is known; else its place in the history alone."""
    watched_at = parse_time(say_value(entry.get("watched_at")))
    row.is_seen = True
    if entry.get("is_date_known") is True:
        row.watched_at = watched_at
    else:
        row.placed_at = watched_at
