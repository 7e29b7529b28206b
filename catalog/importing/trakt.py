"""Trakt's exports: lists of JSON objects in the shapes of its API.

https://trakt.docs.apiary.io: ratings have `rated_at` and `rating`, the history `watched_at`, what
was watched `last_watched_at`, and a list `listed_at`; each with a `movie` or something else.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop

from catalog.importing.container import Part
from catalog.importing.notes import Problem, UploadRefusedError
from catalog.importing.rows import (
    BadValueError,
    Row,
    clean_title,
    parse_imdb_id,
    parse_number,
    parse_stars,
    parse_time,
    parse_year,
)
from catalog.importing.tables import NoteProblem

MAX_JSON_CHARACTERS = 16 * 2**20
TIMES = ("rated_at", "watched_at", "last_watched_at", "listed_at")


def looks_like_json(part: Part) -> bool:
    """Return whether a file is JSON rather than a table."""
    return part.text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{")


def read_json(part: Part, note_problem: NoteProblem) -> Iterator[Row]:
    """Yield a row for each rated, watched or listed film; others have `is_film` false.

    A file whose objects are of none of these shapes (a profile, comments) has no rows.

    Raises:
        UploadRefusedError: It is no JSON, or too much of it.
    """
    if len(part.text) > MAX_JSON_CHARACTERS:
        raise UploadRefusedError(
            gettext_noop("%(name)s has more than %(most)s MiB of JSON."),
            name=part.name,
            most=MAX_JSON_CHARACTERS // 2**20,
        )
    try:
        content = json.loads(part.text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UploadRefusedError(
            gettext_noop("%(name)s is no JSON (%(reason)s): export it anew."),
            name=part.name,
            reason=str(error)[:120],
        ) from error
    groups = content if isinstance(content, dict) else {part.stem: content}
    for name, entries in groups.items():
        if not isinstance(entries, list):
            continue
        # Lists of one's own have the shape of the watchlist: only the name tells them apart.
        is_other_list = not part.is_lone and "watchlist" not in str(name).lower()
        for number, entry in enumerate(entries, start=1):
            where = f"{part.name[-200:]}:{number}"
            if isinstance(entry, dict) and any(time in entry for time in TIMES):
                yield from _read_entry(entry, where, note_problem, is_other_list=is_other_list)


def _read_entry(
    entry: dict[str, Any], where: str, note_problem: NoteProblem, *, is_other_list: bool
) -> Iterator[Row]:
    if "listed_at" in entry and is_other_list:
        return
    movie = entry.get("movie")
    if not isinstance(movie, dict):
        yield Row(where=where, is_film=False)
        return
    try:
        yield _parse_entry(entry, movie, where)
    except BadValueError as error:
        note_problem(Problem(where=where, text=error.text, values={"value": error.value}))


def _parse_entry(entry: dict[str, Any], movie: dict[str, Any], where: str) -> Row:
    ids = movie.get("ids")
    ids = ids if isinstance(ids, dict) else {}
    row = Row(
        where=where,
        title=clean_title(_text(movie.get("title"))),
        year=parse_year(_text(movie.get("year"))),
        imdb_id=parse_imdb_id(_text(ids.get("imdb"))),
        tmdb_id=parse_number(_text(ids.get("tmdb"))),
    )
    if not (row.title or row.imdb_id or row.tmdb_id):
        raise BadValueError(gettext_noop("the line names no film"), "")
    if "rated_at" in entry:
        row.raw_stars = parse_stars(_text(entry.get("rating")))
        row.is_out_of_ten, row.priority = True, 1
        row.rated_at = parse_time(_text(entry["rated_at"]))
        row.is_seen = True
    elif "listed_at" in entry:
        row.is_listed, row.listed_at = True, parse_time(_text(entry["listed_at"]))
    else:
        row.is_seen = True
        row.watched_at = parse_time(_text(entry.get("watched_at") or entry.get("last_watched_at")))
    return row


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)
