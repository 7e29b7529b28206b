"""From an upload to the films in it: one for each, whatever files speak of it."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from catalog.importing.container import Part, open_parts
from catalog.importing.contents import Film, Upload
from catalog.importing.documents import looks_like_json, read_documents
from catalog.importing.list_tables import FOLDERS, complete_head, read_index, recognise_list
from catalog.importing.notes import UploadRefusedError, make_note
from catalog.importing.rows import Document, Row, round_stars
from catalog.importing.tables import Table, read_table, recognise_table
from catalog.lists.services import MAX_FILMS
from catalog.text import normalise_title

MAX_ROWS = 100_000
ByKey = dict[Hashable, Film]


@dataclass(slots=True)
class Parts:
    """The files of an upload, sorted by what they are."""

    tables: list[Table] = field(default_factory=list)
    documents: list[Part] = field(default_factory=list)
    heads: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Keep a file that can be read."""
        if looks_like_json(part):
            self.documents.append(part)
        elif heads := read_index(part):
            self.heads |= heads
        elif table := recognise_list(part) or recognise_table(part):
            self.tables.append(table)

    def list_wanted(self) -> Iterator[Table]:
        """Yield the tables to be read, lists last.

        Deeper in a Letterboxd zip lies what was deleted, with the same columns; but for lists,
        which have a folder of their own.
        """
        top = min((_get_height(table) for table in self.tables), default=0)
        wanted = [table for table in self.tables if _get_height(table) == top]
        yield from (table for table in wanted if table.kind not in FOLDERS)
        yield from (table for table in wanted if table.kind in FOLDERS)


def _get_height(table: Table) -> int:
    """Return how deep a table lies, its own folder not counted."""
    is_in_folder = table.part.folder == FOLDERS.get(table.kind)
    return table.part.depth - is_in_folder


def parse_upload(data: bytes, *, name: str) -> Upload:
    """Return what an upload holds, its format found by its content.

    Raises:
        UploadRefusedError: Nothing of it can be imported; the note says why and what to do.
    """
    upload, parts, by_key = Upload(), Parts(), ByKey()
    for part in open_parts(data, name=name, remarks=upload.remarks):
        parts.add(part)
    if parts.tables:  # JSON beside tables, as in our own export, says the same once more
        for table in parts.list_wanted():
            _add_rows(upload, by_key, _open_table(upload, table, parts.heads))
    else:
        for document in read_documents(parts.documents, upload.note_problem):
            _add_rows(upload, by_key, document)
    upload.films = list(by_key.values())
    upload.finish()
    _check(upload)
    return upload


def _open_table(upload: Upload, table: Table, heads: Mapping[str, Mapping[str, str]]) -> Document:
    if table.kind in FOLDERS:
        table = complete_head(table, heads)
        lines = read_table(table, upload.note_problem)
        return Document(table.format, table.part.name, lines, table.head)
    rows = list(_take(upload, read_table(table, upload.note_problem)))
    _find_scale(upload, table, rows)
    return Document(table.format, table.part.name, rows)


def _take(upload: Upload, rows: Iterable[Row]) -> Iterator[Row]:
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


def _add_rows(upload: Upload, by_key: ByKey, document: Document) -> None:
    """Add rows to the films they are of; a document with a head is a list, and they stand on it."""
    onto, rows = None, document.rows
    if document.head is not None:
        onto = upload.start_list(document.head, where=document.where)
        if onto is None:
            return
        upload.formats.add(document.format)
    elif not isinstance(rows, list):
        rows = _take(upload, rows)
    for row in rows:
        upload.formats.add(document.format)
        if not (row.is_film or row.imdb_id):
            upload.skipped_count += 1
        elif onto is not None and len(onto.entries) >= MAX_FILMS:
            onto.dropped += 1
        else:
            film = _find_film(by_key, row)
            _merge(film, row)
            if onto is not None:
                upload.put(film, row, onto=onto)


def _find_film(by_key: ByKey, row: Row) -> Film:
    keys = _make_keys(row)
    film = next((by_key[key] for key in keys if key in by_key), None)
    if film is None:
        film = by_key[keys[0]] = _start_film(row)
    return film


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
    if row.note:
        film.texts.setdefault(row.note, row.noted_at)
    film.marks |= row.marks
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
    if not (upload.films or upload.lists or upload.skipped_count):
        raise UploadRefusedError(
            gettext_noop("No line of it could be read; the first: %(where)s."),
            where=upload.problems[0]["where"] if upload.problems else "–",
        )
