"""Temporary tables that a data set streams into before anything of the site is touched."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import psycopg
from django.db.backends.utils import CursorWrapper

from catalog.models import SEARCH_TITLE_LENGTH
from catalog.movielens.rows import (
    MAX_ID,
    MAX_TIME,
    RATING_FIELDS,
    malformed,
    read_links,
    read_movies,
    read_tags,
)
from catalog.movielens.source import Member, ReadListener
from catalog.text import normalise_title

BLOCK_BYTES = 2**20
RATING_EXPECTED = "user id, movie id, rating 0.5-5.0 by 0.5, unix time"
LINE_OF_CONTEXT = re.compile(r"COPY staged_rating\D*(\d+)")
TABLES = {
    "staged_movie": """
        line bigint, movie_id integer, is_renumbered boolean, title text, search_title text,
        year smallint, genres text[]""",
    "staged_genre": "slug text, name text",
    "staged_link": "movie_id integer, imdb_id text, tmdb_id integer",
    "staged_tag": "line bigint, user_id bigint, movie_id integer, text text, added_at bigint",
    "staged_rating": f"""
        line bigint GENERATED ALWAYS AS IDENTITY,
        user_id bigint NOT NULL CHECK (user_id BETWEEN 1 AND {MAX_ID}),
        movie_id integer NOT NULL CHECK (movie_id > 0),
        stars float8 NOT NULL CHECK (stars BETWEEN 0.5 AND 5 AND stars * 2 = floor(stars * 2)),
        rated_at bigint NOT NULL CHECK (rated_at BETWEEN 0 AND {MAX_TIME})""",
}


def create_tables(cursor: CursorWrapper) -> None:
    """Create the tables empty; they vanish with the transaction."""
    for name, columns in TABLES.items():
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")


def stage_movies(
    cursor: CursorWrapper, member: Member, renumbering: dict[int, int], on_read: ReadListener
) -> None:
    """Stream the movies in; their genres too.

    Raises:
        DatasetError: A line is malformed.
    """
    genres: dict[str, str] = {}
    with cursor.copy("COPY staged_movie FROM STDIN") as copy:
        for row in read_movies(member, on_read):
            genres.update(row.genres)
            copy.write_row(
                (
                    row.line,
                    renumbering.get(row.movie_id, row.movie_id),
                    row.movie_id in renumbering,
                    row.title,
                    normalise_title(row.title)[:SEARCH_TITLE_LENGTH],
                    row.year,
                    list(row.genres),
                )
            )
    with cursor.copy("COPY staged_genre FROM STDIN") as copy:
        for pair in genres.items():
            copy.write_row(pair)


def stage_links(
    cursor: CursorWrapper, member: Member, renumbering: dict[int, int], on_read: ReadListener
) -> None:
    """Stream the ids of other catalogues in.

    Raises:
        DatasetError: A line is malformed.
    """
    with cursor.copy("COPY staged_link FROM STDIN") as copy:
        for movie_id, imdb_id, tmdb_id in read_links(member, on_read):
            copy.write_row((renumbering.get(movie_id, movie_id), imdb_id, tmdb_id))


def stage_tags(
    cursor: CursorWrapper, member: Member, renumbering: dict[int, int], on_read: ReadListener
) -> None:
    """Stream the tags in.

    Raises:
        DatasetError: A line is malformed.
    """
    with cursor.copy("COPY staged_tag FROM STDIN") as copy:
        for row in read_tags(member, on_read):
            movie_id = renumbering.get(row.movie_id, row.movie_id)
            copy.write_row((row.line, row.user_id, movie_id, row.text, row.added_at))


def stage_ratings(
    cursor: CursorWrapper, member: Member, renumbering: dict[int, int], on_read: ReadListener
) -> None:
    """Stream the ratings in, in blocks of whole lines that Postgres itself parses and checks.

    Raises:
        DatasetError: A line is malformed.
    """
    first_line = 2 if member.is_csv else 1
    statement = "COPY staged_rating (user_id, movie_id, stars, rated_at) FROM STDIN (DELIMITER ',')"
    try:
        with member.open(on_read) as stream:
            if member.is_csv:
                _check_header(member, stream)
            with cursor.copy(statement) as copy:
                for block in _read_blocks(member, stream, first_line):
                    copy.write(block)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        found = LINE_OF_CONTEXT.search(error.diag.context or "")
        if found is None:
            raise
        line = int(found.group(1)) + first_line - 1
        raise malformed(member, line, RATING_EXPECTED) from error
    if renumbering:
        cursor.execute(
            "UPDATE staged_rating AS staged SET movie_id = pair.new_id "
            "FROM unnest(%s::integer[], %s::integer[]) AS pair (old_id, new_id) "
            "WHERE staged.movie_id = pair.old_id",
            [list(renumbering), list(renumbering.values())],
        )


def _check_header(member: Member, stream: io.BufferedReader) -> None:
    header = stream.readline(BLOCK_BYTES).removeprefix(b"\xef\xbb\xbf").replace(b'"', b"").strip()
    if header != ",".join(RATING_FIELDS).encode():
        raise malformed(member, 1, f"the header {','.join(RATING_FIELDS)}")


def _read_blocks(member: Member, stream: io.BufferedReader, line: int) -> Iterator[bytes]:
    """Yield the file in blocks that end with a line's last field, commas between fields.

    `line` is the number of the line a block begins in. A block's closing newlines open the next
    one, so that empty lines at the end of the file are left out; elsewhere they are an error.
    """
    rest = b""
    while read := stream.read(BLOCK_BYTES):
        data = rest + read
        kept = data[: data.rfind(b"\n") + 1].rstrip(b"\r\n")
        rest = data[len(kept) :]
        if len(rest) >= BLOCK_BYTES:
            raise malformed(member, line, RATING_EXPECTED)
        if kept:
            yield _clean_block(member, kept, line)
            line += kept.count(b"\n")
    if last := rest.rstrip(b"\r\n"):
        yield _clean_block(member, last, line)


def _clean_block(member: Member, block: bytes, line: int) -> bytes:
    # In COPY's text format a backslash would end the data or stand for NULL.
    strangers = b"\\" if member.is_csv else b"\\,"
    for stranger in strangers:
        place = block.find(bytes([stranger]))
        if place >= 0:
            raise malformed(member, line + block.count(b"\n", 0, place), RATING_EXPECTED)
    block = block.translate(None, b'"\r')
    return block if member.is_csv else block.replace(b"::", b",")


def drop_tables(cursor: CursorWrapper) -> None:
    """Drop the tables early, for a caller whose transaction goes on."""
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in TABLES)}")
