"""Rows of a data set's files, checked one by one, each with the number of its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import slugify

from catalog.movielens.source import DatasetError, Member, ReadListener
from catalog.text import split_title

MAX_LINE_BYTES = 2**16
MAX_TITLE_CHARACTERS = 500
MAX_TAG_CHARACTERS = 250
MAX_GENRE_CHARACTERS = 40
MAX_DATASET_MOVIE_ID = 999_999  # from 1,000,000 on live the movies added by hand
MAX_ID = 2**31 - 1
MAX_TIME = 253_402_300_799  # the end of the year 9999
MIN_YEAR, MAX_YEAR = 1870, 2100
UNTITLED = "(untitled)"  # movie 210479 of the 2023 set is " (2019)"
NO_GENRES = "(no genres listed)"
GENRE_NAMES = {"Children's": "Children"}  # as 1M and 10M call it
RATING_FIELDS = ("userId", "movieId", "rating", "timestamp")
MOVIE_FIELDS = ("movieId", "title", "genres")
LINK_FIELDS = ("movieId", "imdbId", "tmdbId")
TAG_FIELDS = ("userId", "movieId", "tag", "timestamp")
RENUMBERING_FIELDS = 2


@dataclass(frozen=True, slots=True)
class MovieRow:
    """One movie: title as people read it, genres by slug with their names."""

    line: int
    movie_id: int
    title: str
    year: int | None
    genres: dict[str, str]


@dataclass(frozen=True, slots=True)
class TagRow:
    """One person's tag; `added_at` is unix seconds."""

    line: int
    user_id: int
    movie_id: int
    text: str
    added_at: int


def malformed(member: Member, line: int, expected: str) -> DatasetError:
    """Return the error for one bad line."""
    return DatasetError(f"{member.label}:{line}: expected {expected}; mend or remove the line.")


def read_fields(
    member: Member, header: tuple[str, ...], on_read: ReadListener
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of a CSV with this header, or of a `::` file, which has none.

    CSV is UTF-8; the `::` format is Latin-1, as 1M and 10M are written.

    Raises:
        DatasetError: The header differs, a line has another number of fields, or is no text.
    """
    with member.open(on_read) as stream:
        rows = _read_csv(member, stream, header) if member.is_csv else _read_dat(member, stream)
        for line, fields in rows:
            if len(fields) != len(header):
                raise malformed(member, line, ", ".join(header))
            yield line, fields


def _read_lines(member: Member, stream: io.BufferedReader, encoding: str) -> Iterator[str]:
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES):
        number += 1
        if len(raw) == MAX_LINE_BYTES:
            raise malformed(member, number, f"a line of under {MAX_LINE_BYTES} bytes")
        try:
            line = raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise malformed(member, number, f"text in {encoding}") from error
        if "\x00" in line:
            raise malformed(member, number, "text without null characters")
        yield line


def _read_csv(
    member: Member, stream: io.BufferedReader, header: tuple[str, ...]
) -> Iterator[tuple[int, list[str]]]:
    lines = _read_lines(member, stream, "utf-8")
    first = next(lines, "").removeprefix("\ufeff")
    if tuple(next(csv.reader([first]), [])) != header:
        raise malformed(member, 1, f"the header {','.join(header)}")
    reader = csv.reader(lines, strict=True)
    try:
        for fields in reader:
            if fields:
                yield reader.line_num + 1, fields
    except csv.Error as error:
        raise malformed(member, reader.line_num + 1, f"CSV ({error})") from error


def _read_dat(member: Member, stream: io.BufferedReader) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(_read_lines(member, stream, "latin-1"), start=1):
        if text := line.rstrip("\r\n"):
            yield number, text.split("::")


def parse_id(text: str, most: int = MAX_ID) -> int | None:
    """Return a whole number 1..most, or None where the text is none."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        return None
    value = int(text)
    return value if 1 <= value <= most else None


def read_movies(member: Member, on_read: ReadListener = lambda _: None) -> Iterator[MovieRow]:
    """Yield the movies of `movies.csv` or `movies.dat`.

    Raises:
        DatasetError: A line is malformed.
    """
    for line, (raw_id, raw_title, raw_genres) in read_fields(member, MOVIE_FIELDS, on_read):
        movie_id = parse_id(raw_id, MAX_DATASET_MOVIE_ID)
        if movie_id is None:
            raise malformed(member, line, f"a movie id from 1 to {MAX_DATASET_MOVIE_ID:,}")
        if len(raw_title) > 2 * MAX_TITLE_CHARACTERS:
            raise malformed(member, line, f"a title of up to {MAX_TITLE_CHARACTERS} characters")
        title, year = split_title(raw_title)
        if year is not None and not MIN_YEAR <= year <= MAX_YEAR:
            title, year = raw_title.strip(), None
        if len(title) > MAX_TITLE_CHARACTERS:
            raise malformed(member, line, f"a title of up to {MAX_TITLE_CHARACTERS} characters")
        genres = _parse_genres(member, line, raw_genres)
        yield MovieRow(line, movie_id, title or UNTITLED, year, genres)


def _parse_genres(member: Member, line: int, text: str) -> dict[str, str]:
    genres: dict[str, str] = {}
    for raw in text.strip().split("|"):
        name = GENRE_NAMES.get(raw.strip(), raw.strip())
        if not name or name == NO_GENRES:
            continue
        slug = slugify(name)
        if not slug or len(name) > MAX_GENRE_CHARACTERS:
            raise malformed(member, line, "genres with | between")
        genres[slug] = name
    return genres


def read_links(
    member: Member, on_read: ReadListener = lambda _: None
) -> Iterator[tuple[int, str, int | None]]:
    """Yield (movie id, IMDb id such as "tt0114709" or "", TMDB id or None) of `links.csv`.

    Raises:
        DatasetError: A line is malformed.
    """
    for line, (raw_movie, raw_imdb, raw_tmdb) in read_fields(member, LINK_FIELDS, on_read):
        movie_id = parse_id(raw_movie, MAX_DATASET_MOVIE_ID)
        imdb, tmdb = parse_id(raw_imdb.removeprefix("tt")), parse_id(raw_tmdb)
        is_malformed = (imdb is None and raw_imdb.strip()) or (tmdb is None and raw_tmdb.strip())
        if movie_id is None or is_malformed:
            raise malformed(member, line, "movie id, IMDb id, TMDB id")
        yield movie_id, "" if imdb is None else f"tt{imdb:07d}", tmdb


def read_tags(member: Member, on_read: ReadListener = lambda _: None) -> Iterator[TagRow]:
    """Yield the tags of `tags.csv` or `tags.dat`; a tag that is empty is left out.

    Raises:
        DatasetError: A line is malformed.
    """
    for line, (raw_user, raw_movie, raw_text, raw_time) in read_fields(member, TAG_FIELDS, on_read):
        user_id = parse_id(raw_user)
        movie_id = parse_id(raw_movie, MAX_DATASET_MOVIE_ID)
        added_at = 0 if raw_time.strip() == "0" else parse_id(raw_time, MAX_TIME)
        if user_id is None or movie_id is None or added_at is None:
            raise malformed(member, line, "user id, movie id, tag, unix time")
        if text := raw_text.strip()[:MAX_TAG_CHARACTERS]:
            yield TagRow(line, user_id, movie_id, text, added_at)


def read_renumbering(member: Member | None) -> dict[int, int]:
    """Return {id in this set: id all other sets know the movie by} of `renumbered.csv`.

    Raises:
        DatasetError: A line is malformed.
    """
    numbers: dict[int, int] = {}
    if member is None:
        return numbers
    with member.open() as stream:
        for line, text in enumerate(_read_lines(member, stream, "utf-8"), start=1):
            pair = [parse_id(field, MAX_DATASET_MOVIE_ID) for field in text.split(",")]
            if line == 1 or not text.strip():
                continue
            if len(pair) != RENUMBERING_FIELDS or pair[0] is None or pair[1] is None:
                raise malformed(member, line, "two movie ids")
            numbers[pair[0]] = pair[1]
    return numbers
