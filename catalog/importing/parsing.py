"""From an upload to the films in it: one for each, whatever files speak of it."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_noop

from catalog.importing.container import Part, open_parts
from catalog.importing.days import Day
from catalog.importing.notes import Note, Problem, UploadRefusedError, make_note
from catalog.importing.rows import Row, round_stars
from catalog.importing.tables import Table, read_table, recognise_table
from catalog.importing.trakt import looks_like_json, read_json
from catalog.text import normalise_title

MAX_ROWS = 100_000
MAX_KEPT_PROBLEMS = 100


@dataclass(slots=True, kw_only=True)
class Film:
    """A film of an upload; `stars` are 0.5 to 5 in halves, None where it is only seen or listed."""

    where: str
    title: str
    year: int | None
    movie_id: int | None
    imdb_id: str
    tmdb_id: int | None
    is_film: bool
    stars: Decimal | None = None
    priority: int = 0
    rated_at: datetime | None = None
    watched_at: datetime | None = None
    placed_at: datetime | None = None
    is_seen: bool = False
    is_listed: bool = False
    listed_at: datetime | None = None
    days: dict[str, Day] = field(default_factory=dict)  # by the day


@dataclass(slots=True)
class Upload:
    """What an upload holds; `problems` are the first of `problem_count`."""

    films: list[Film] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    remarks: list[Note] = field(default_factory=list)
    row_count: int = 0
    skipped_count: int = 0  # series, episodes, games

    def note_problem(self, problem: Problem) -> None:
        """Count a line that cannot be read, and keep the first of them."""
        self.problem_count += 1
        if len(self.problems) < MAX_KEPT_PROBLEMS:
            self.problems.append(problem)

    @property
    def format(self) -> str:
        """The site it comes from; plain where several are mixed."""
        return next(iter(self.formats)) if len(self.formats) == 1 else "plain"


def parse_upload(data: bytes, *, name: str) -> Upload:
    """Return what an upload holds, its format found by its content.

    Raises:
        UploadRefusedError: Nothing of it can be imported; the note says why and what to do.
    """
    upload, tables, lists = Upload(), list[Table](), list[Part]()
    by_key: dict[Hashable, Film] = {}
    for part in open_parts(data, name=name, remarks=upload.remarks):
        if looks_like_json(part):
            lists.append(part)
        elif table := recognise_table(part):
            tables.append(table)
        elif part.stem == "reviews":
            upload.remarks.append(make_note(gettext_noop("Reviews are not imported.")))
    if not tables:  # beside tables, as in our own export, JSON says the same once more
        for part in lists:
            _add_rows(upload, by_key, read_json(part, upload.note_problem), "trakt")
    # Deeper in a Letterboxd zip lie what was deleted, lists and likes, with the same columns.
    top = min((table.part.depth for table in tables), default=0)
    for table in tables:
        if table.part.depth == top:
            rows = list(_take(upload, read_table(table, upload.note_problem)))
            _find_scale(upload, table, rows)
            _add_rows(upload, by_key, iter(rows), table.format)
    upload.films = list(by_key.values())
    _check(upload)
    return upload


def _take(upload: Upload, rows: Iterator[Row]) -> Iterator[Row]:
    """Pass rows on up to the most that are allowed."""
    for row in rows:
        upload.row_count += 1
        if upload.row_count > MAX_ROWS:
            raise UploadRefusedError(
                gettext_noop("The file has more than %(most)s lines: that is no history of one."),
                most=f"{MAX_ROWS:,}",
            )
        yield row


def _find_scale(upload: Upload, table: Table, rows: list[Row]) -> None:
    """See from the highest rating of a plain table whether it counts to five or to ten."""
    if table.format != "plain" or table.is_out_of_ten:
        return
    if any(row.raw_stars is not None and row.raw_stars > 5 for row in rows):
        for row in rows:
            row.is_out_of_ten = True
        text = gettext_noop("%(name)s counts to ten: its ratings were halved.")
        upload.remarks.append(make_note(text, name=table.part.name))


def _add_rows(
    upload: Upload, by_key: dict[Hashable, Film], rows: Iterator[Row], format_name: str
) -> None:
    counted = rows if format_name != "trakt" else _take(upload, rows)
    for row in counted:
        upload.formats.add(format_name)
        if not (row.is_film or row.imdb_id):
            upload.skipped_count += 1
            continue
        keys = _make_keys(row)
        film = next((by_key[key] for key in keys if key in by_key), None)
        if film is None:
            film = by_key[keys[0]] = _start_film(row)
        _merge(film, row)


def _make_keys(row: Row) -> list[Hashable]:
    """Return what tells that two rows are of one film: an id where there is any."""
    keys: list[Hashable] = []
    if row.movie_id:
        keys.append(("movie", row.movie_id))
    if row.imdb_id:
        keys.append(("imdb", row.imdb_id))
    if row.tmdb_id:
        keys.append(("tmdb", row.tmdb_id))
    return keys[:1] or [("title", normalise_title(row.title) or row.title, row.year)]


def _start_film(row: Row) -> Film:
    return Film(
        where=row.where,
        title=row.title,
        year=row.year,
        movie_id=row.movie_id,
        imdb_id=row.imdb_id,
        tmdb_id=row.tmdb_id,
        is_film=row.is_film,
    )


def _merge(film: Film, row: Row) -> None:
    """Take what a row adds: newer stars, a later watching, a place on the watchlist."""
    if row.raw_stars is not None and _is_newer(film, row):
        film.stars = round_stars(row.raw_stars, is_out_of_ten=row.is_out_of_ten)
        film.priority, film.rated_at = row.priority, row.rated_at or film.rated_at
    if row.watched_at and (film.watched_at is None or row.watched_at > film.watched_at):
        film.watched_at = row.watched_at
    film.placed_at = film.placed_at or row.placed_at
    film.is_seen |= row.is_seen
    film.is_listed |= row.is_listed
    film.listed_at = film.listed_at or row.listed_at
    if row.day:
        film.days.setdefault(row.day["on"], row.day)


def _is_newer(film: Film, row: Row) -> bool:
    if film.stars is None or row.priority != film.priority:
        return film.stars is None or row.priority > film.priority
    return film.rated_at is None or row.rated_at is None or row.rated_at >= film.rated_at


def _check(upload: Upload) -> None:
    if not upload.formats and not upload.problem_count:
        raise UploadRefusedError(
            gettext_noop(
                "No films were found in it. What can be read: a Letterboxd zip, IMDb's ratings or "
                "watchlist as CSV, Trakt's JSON or zip, MovieLens' ratings, and any CSV with a "
                "column of titles or ids and one of ratings or dates."
            )
        )
    if not upload.films and not upload.skipped_count:
        raise UploadRefusedError(
            gettext_noop("No line of it could be read; the first: %(where)s."),
            where=upload.problems[0]["where"] if upload.problems else "–",
        )
