"""What a line of a file means, by the kind of its file."""

from collections.abc import Callable

from django.utils.translation import gettext_noop

from catalog.importing.days import make_day
from catalog.importing.rows import (
    BadValueError,
    Row,
    clean_text,
    clean_title,
    parse_imdb_id,
    parse_number,
    parse_stars,
    parse_time,
    parse_year,
)
from catalog.text import split_title

NOT_FILMS = ("tv series", "tv mini", "tv episode", "tv pilot", "video game", "podcast", "music")
# Marks that films may have, and the column that says when they were marked so.
MARKS = {"hidden": "hidden_at", "muted": "muted_at"}


def make_row(
    kind: str,
    get: Callable[[str], str],
    where: str,
    *,
    is_out_of_ten: bool = False,
    has_markup: bool = False,
) -> Row:
    """Return a line as a row; `get` returns the value of a column, empty where it has none.

    Raises:
        BadValueError: A value is not what its column holds.
    """
    row = Row(
        where=where,
        title=clean_title(get("title")),
        year=parse_year(get("year")),
        movie_id=parse_number(get("movie_id")),
        imdb_id=parse_imdb_id(get("imdb_id")),
        tmdb_id=parse_number(get("tmdb_id")),
        raw_stars=parse_stars(get("stars")),
        is_out_of_ten=is_out_of_ten,
        rated_at=parse_time(get("rated_at")),
        watched_at=parse_time(get("watched_at")),
        placed_at=parse_time(get("placed_at")),
        listed_at=parse_time(get("listed_at")),
        is_film=not get("type").strip().lower().startswith(NOT_FILMS),
    )
    if row.year is None:
        row.title, row.year = split_title(row.title)
    if not (row.title or row.movie_id or row.imdb_id or row.tmdb_id):
        raise BadValueError(gettext_noop("the line names no film"), "")
    _take_texts(row, kind, get, has_markup=has_markup)
    if kind in MARKS:
        marked_at = parse_time(get(MARKS[kind]))
        row.marks = {kind: marked_at.isoformat() if marked_at else ""}
    _apply_kind(kind, row)
    return row


def _take_texts(row: Row, kind: str, get: Callable[[str], str], *, has_markup: bool) -> None:
    """Take what was written of the film: of a day, of the film, or of its place on a list."""
    if kind in ("diary", "days", "reviews") and row.watched_at:
        note = clean_text(get("private_note"))
        row.day = make_day(row.watched_at, rewatch=get("rewatch"), note=note)
    if review := clean_text(get("review"), has_markup=has_markup):
        row.note, row.noted_at = review, row.rated_at or row.watched_at
    if kind == "notes":
        row.note, row.noted_at = clean_text(get("private_note")), parse_time(get("noted_at"))
    if kind == "entries":
        row.position = parse_number(get("position"))
        row.entry_note = clean_text(get("entry_note"), has_markup=has_markup)


def _apply_kind(kind: str, row: Row) -> None:
    """Say what a line means: rated, seen, to be seen, or only written of."""
    match kind:
        case "list":
            # What has stars was seen: other lists than the watchlist have the same columns.
            row.is_seen = row.raw_stars is not None
            row.is_listed = not row.is_seen
            if row.is_listed:
                row.listed_at, row.rated_at = row.listed_at or row.rated_at, None
        case "seen":
            # Letterboxd's date is that of marking it as watched, often all on one day.
            row.is_seen = True
            row.rated_at = None
        case "diary" | "reviews":
            row.is_seen = True
            row.rated_at = None
        case "days" | "notes" | "hidden" | "muted":
            # Ours: what else is known of the film stands in files of its own.
            row.watched_at = None
        case "entries" | "likes":
            row.added_at = row.listed_at or row.rated_at
            row.raw_stars, row.rated_at, row.listed_at, row.watched_at = None, None, None, None
        case "ratings":
            row.is_seen = row.raw_stars is not None
            row.priority = 1
        case _:
            row.is_listed = row.listed_at is not None and row.raw_stars is None
            row.is_seen = not row.is_listed
