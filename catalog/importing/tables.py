"""CSV exports: which site's a table is, by its columns, and its lines as rows."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from catalog.importing.container import Part
from catalog.importing.kinds import make_row
from catalog.importing.notes import Problem, UploadRefusedError
from catalog.importing.rows import BadValueError, NoteProblem, Row

DELIMITERS = (",", ";", "\t")
NOT_LETTER = re.compile(r"[^a-z0-9]+")
# The names that sites and people give a column, less case, spaces and marks.
# fmt: off
COLUMNS = {
    "title": ("title", "name", "movie", "film", "movietitle", "filmtitle"),
    "year": ("year", "releaseyear"),
    "movie_id": ("movieid", "movielensid"),
    "imdb_id": ("imdbid", "const", "tconst", "imdb"),
    "tmdb_id": ("tmdbid", "tmdb", "themoviedbid"),
    "stars": ("rating", "yourrating", "myrating", "userrating", "stars", "rating10"),
    "watched_at": ("watchedat", "watcheddate", "watchedon", "datewatched", "lastwatchedat"),
    "placed_at": ("placedat",),
    "rated_at": ("ratedat", "daterated", "dateadded", "date", "timestamp"),
    "listed_at": ("listedat", "addedat", "created"),
    "user_id": ("userid",),
    "type": ("titletype", "type"),
    "uri": ("letterboxduri", "letterboxdurl"),
    "review": ("review",),
    "rewatch": ("rewatch",),
    "private_note": ("privatenote",),
    "noted_at": ("notedat",),
    "hidden_at": ("hiddenat",),
    "muted_at": ("mutedat",),
    "position": ("position",),
    "entry_note": ("description",),
}
# fmt: on
IDENTIFYING = ("title", "movie_id", "imdb_id", "tmdb_id")
OWN_KINDS = {
    "days": {"private_note", "rewatch", "watched_at"},
    "notes": {"private_note"},
    "hidden": {"hidden_at"},
    "muted": {"muted_at"},
    "entries": {"position", "movie_id", "entry_note", "listed_at"},
}
OUT_OF_TEN = ("yourrating", "rating10")  # IMDb's own column, and the one that says so


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV that can be read: its format, what its lines mean, and where each column is."""

    part: Part
    format: str
    # ratings, diary, days, seen, list, reviews, notes, hidden, muted, entries (of a list of one's
    # own), likes, or plain, where each line says by its values
    kind: str
    delimiter: str
    width: int
    places: dict[str, int]
    is_out_of_ten: bool = False
    skipped: int = 1  # records before the first film
    head: Mapping[str, str] = field(default_factory=dict)  # what is said of the list it is


def recognise_table(part: Part) -> Table | None:
    """Return how to read a CSV, None where its columns are none that are known."""
    first = part.text.lstrip("\ufeff").split("\n", 1)[0].strip()
    delimiter = max(DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return None
    given = simplify_names(names)
    places = find_places(given)
    format_and_kind = _classify(part, places, given)
    if format_and_kind is None:
        return None
    is_out_of_ten = "stars" in places and given[places["stars"]] in OUT_OF_TEN
    return Table(part, *format_and_kind, delimiter, len(names), places, is_out_of_ten)


def simplify_names(names: Sequence[str]) -> list[str]:
    """Return the names of columns less case, spaces and marks."""
    return [NOT_LETTER.sub("", name.lower()) for name in names]


def find_places(given: Sequence[str]) -> dict[str, int]:
    """Return where each known column is, by simplified names."""
    return {
        column: given.index(found)
        for column, aliases in COLUMNS.items()
        if (found := next((alias for alias in aliases if alias in given), None))
    }


def _classify(part: Part, places: dict[str, int], given: list[str]) -> tuple[str, str] | None:
    if not any(column in places for column in IDENTIFYING):
        return None
    if "uri" in places and "title" in places:
        return _classify_letterboxd(part, places)
    if "const" in given:
        return "imdb", "list" if {"position", "created"} <= set(given) else "ratings"
    if {"userid", "movieid", "rating"} <= set(given) or {"movieid", "averagerating"} <= set(given):
        return "movielens", "ratings"
    if kind := _find_own_kind(places):
        return "plain", kind
    if any(column in places for column in ("stars", "watched_at", "listed_at")):
        return "plain", "plain"
    if "watchlist" in part.stem:
        return "plain", "list"
    return None


def _find_own_kind(places: dict[str, int]) -> str | None:
    """Return what a file of our own export is that no other site has."""
    for kind, columns in OWN_KINDS.items():
        if columns <= set(places):
            return kind
    return None


def _classify_letterboxd(part: Part, places: dict[str, int]) -> tuple[str, str] | None:
    """Tell Letterboxd's files apart; seen films and the watchlist have the very same columns."""
    if "review" in places:
        return "letterboxd", "reviews"
    if "watched_at" in places:
        return "letterboxd", "diary"
    if "stars" in places:
        return "letterboxd", "ratings"
    if part.folder == "likes" and part.stem == "films":
        return "letterboxd", "likes"
    if "watchlist" in part.stem:
        return "letterboxd", "list"
    if "watched" in part.stem:
        return "letterboxd", "seen"
    if part.is_lone:
        raise UploadRefusedError(
            gettext_noop(
                "%(name)s may be what you watched or what you mean to watch: upload the whole zip, "
                "or give the file its name back, watched.csv or watchlist.csv."
            ),
            name=part.name,
        )
    return None


def read_table(table: Table, note_problem: NoteProblem) -> Iterator[Row]:
    """Yield the rows of a table; a line whose values make no sense is noted and passed over.

    Raises:
        UploadRefusedError: It is no CSV from some line on, or holds the ratings of several people.
    """
    part, people = table.part, set[str]()
    text = part.text.lstrip("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, strict=True)
    start = 1
    try:
        for number, fields in enumerate(reader):
            line, start = start, reader.line_num + 1
            if number < table.skipped or not any(field.strip() for field in fields):
                continue
            where = f"{part.name[-200:]}:{line}"
            try:
                row = _parse_row(table, fields, where)
            except BadValueError as error:
                values = {"value": error.value}
                note_problem(Problem(where=where, text=error.text, values=values))
                continue
            _check_people(table, fields, people)
            yield row
    except csv.Error as error:
        raise UploadRefusedError(
            gettext_noop("%(name)s, line %(line)s: not CSV (%(reason)s). Mend it or export anew."),
            name=part.name,
            line=start,
            reason=str(error),
        ) from error


def _check_people(table: Table, fields: list[str], people: set[str]) -> None:
    if "user_id" not in table.places:
        return
    people.add(fields[table.places["user_id"]].strip())
    if len(people) > 1:
        raise UploadRefusedError(
            gettext_noop("%(name)s holds the ratings of several people: leave only yours in it."),
            name=table.part.name,
        )


def _parse_row(table: Table, fields: list[str], where: str) -> Row:
    if len(fields) < table.width or any(field.strip() for field in fields[table.width :]):
        text = gettext_noop("the line has %(value)s columns, its table has others")
        raise BadValueError(text, str(len(fields)))

    def get(column: str) -> str:
        place = table.places.get(column)
        return "" if place is None else fields[place]

    return make_row(
        table.kind,
        get,
        where,
        is_out_of_ten=table.is_out_of_ten,
        has_markup=table.format == "letterboxd",
    )
