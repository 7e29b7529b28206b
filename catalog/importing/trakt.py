"""Trakt's exports: lists of JSON objects in the shapes of its API.

https://trakt.docs.apiary.io: ratings have `rated_at` and `rating`, the history `watched_at`, what
was watched `last_watched_at`, and a list `listed_at`; each with a `movie` or something else. Notes
and comments have what was written in an object of that name. In a zip `lists-lists.json` says what
each list is called, and `lists-list-ID-NAME.json` holds its films.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from catalog.importing.container import Part
from catalog.importing.notes import Problem
from catalog.importing.rows import (
    BadValueError,
    Document,
    NoteProblem,
    Row,
    clean_text,
    clean_title,
    parse_imdb_id,
    parse_number,
    parse_stars,
    parse_time,
    parse_year,
    say_value,
)

TIMES = ("rated_at", "watched_at", "last_watched_at", "listed_at")
TEXTS = {"note": "notes", "comment": "comment"}
LIST_FILE = re.compile(r"lists-(?:list-(?P<id>\d+)-)?(?P<name>.+)")
NO_LISTS = ("lists-collaborations",)
Heads = dict[str, dict[str, str]]


def read_heads(content: object) -> Heads:
    """Return what lists-lists.json says of each list, by its id."""
    heads: Heads = {}
    for entry in content if isinstance(content, list) else []:
        ids = entry.get("ids") if isinstance(entry, dict) else None
        if isinstance(ids, dict):
            heads[say_value(ids.get("trakt"))] = {
                "name": say_value(entry.get("name")),
                "note": say_value(entry.get("description")),
                "made_at": say_value(entry.get("created_at")),
                "changed_at": say_value(entry.get("updated_at")),
            }
    return heads


def read_trakt(
    part: Part, content: object, heads: Heads, note_problem: NoteProblem
) -> Iterator[Document]:
    """Yield a file's rated, watched, listed and noted films; other things have `is_film` false.

    A file whose objects are of none of these shapes (a profile, a collection) has no rows.
    """
    groups = content if isinstance(content, dict) else {part.stem: content}
    for name, entries in groups.items():
        if not isinstance(entries, list):
            continue
        head = _find_head(str(name), entries, heads, is_lone=part.is_lone)
        rows = _read_entries(part, entries, note_problem, is_list=head is not None)
        yield Document("trakt", part.name, rows, head)


def _find_head(
    name: str, entries: list[Any], heads: Heads, *, is_lone: bool
) -> Mapping[str, str] | None:
    """Return what is said of a list of one's own; None of anything else.

    It has the shape of the watchlist: only the name tells them apart.
    """
    found = LIST_FILE.fullmatch(name.lower())
    if "watchlist" in name.lower() or name.lower() in NO_LISTS or (is_lone and not found):
        return None
    is_list = found or any(isinstance(entry, dict) and "listed_at" in entry for entry in entries)
    if not is_list:
        return None
    known = heads.get(found["id"] or "", {}) if found else {}
    plain = (found["name"] if found else name).replace("-", " ")
    return {**known, "name": known.get("name") or plain}


def _read_entries(
    part: Part, entries: list[Any], note_problem: NoteProblem, *, is_list: bool
) -> Iterator[Row]:
    for number, entry in enumerate(entries, start=1):
        where = f"{part.name[-200:]}:{number}"
        if isinstance(entry, dict) and any(key in entry for key in (*TIMES, *TEXTS)):
            yield from _read_entry(entry, where, note_problem, is_list=is_list)


def _read_entry(
    entry: dict[str, Any], where: str, note_problem: NoteProblem, *, is_list: bool
) -> Iterator[Row]:
    movie, comment = entry.get("movie"), entry.get("comment")
    if isinstance(comment, dict) and comment.get("parent_id"):  # an answer to somebody else's
        return
    if not isinstance(movie, dict):
        yield Row(where=where, is_film=False)
        return
    try:
        yield _parse_entry(entry, movie, where, is_list=is_list)
    except BadValueError as error:
        note_problem(Problem(where=where, text=error.text, values={"value": error.value}))


def _parse_entry(entry: dict[str, Any], movie: dict[str, Any], where: str, *, is_list: bool) -> Row:
    ids = movie.get("ids")
    ids = ids if isinstance(ids, dict) else {}
    row = Row(
        where=where,
        title=clean_title(say_value(movie.get("title"))),
        year=parse_year(say_value(movie.get("year"))),
        imdb_id=parse_imdb_id(say_value(ids.get("imdb"))),
        tmdb_id=parse_number(say_value(ids.get("tmdb"))),
    )
    if not (row.title or row.imdb_id or row.tmdb_id):
        raise BadValueError(gettext_noop("the line names no film"), "")
    if is_list:
        row.position = parse_number(say_value(entry.get("rank")))
        row.entry_note = clean_text(say_value(entry.get("notes")))
        row.added_at = parse_time(say_value(entry.get("listed_at")))
    elif "rated_at" in entry:
        row.raw_stars = parse_stars(say_value(entry.get("rating")))
        row.is_out_of_ten, row.priority = True, 1
        row.rated_at = parse_time(say_value(entry["rated_at"]))
        row.is_seen = True
    elif "listed_at" in entry:
        row.is_listed, row.listed_at = True, parse_time(say_value(entry["listed_at"]))
    elif key := next((key for key in TEXTS if isinstance(entry.get(key), dict)), None):
        written = entry[key]
        row.note = clean_text(say_value(written.get(TEXTS[key])))
        row.noted_at = parse_time(say_value(written.get("created_at")))
    else:
        row.is_seen = True
        row.watched_at = parse_time(
            say_value(entry.get("watched_at") or entry.get("last_watched_at"))
        )
    return row
