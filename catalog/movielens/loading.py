"""From the temporary tables into the site's own, in SQL that can be run again without harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import NOT_PROVIDED, Model

from accounts.models import User
from catalog.models import Movie

BATCH_ROWS = 500_000
CHANGED_MOVIE = """
    (catalog_movie.title, catalog_movie.search_title, catalog_movie.year)
    IS DISTINCT FROM (excluded.title, excluded.search_title, excluded.year)"""
# The earlier of two ratings of one movie stays; ids follow each person's history, and among ties
# of time the file's order.
INSERT_RATINGS = """
    INSERT INTO catalog_rating (user_id, movie_id, stars, watched_at, created_at, updated_at)
    SELECT person.id, chosen.movie_id, chosen.stars::numeric(2, 1),
           to_timestamp(chosen.rated_at), now(), now()
    FROM (
        SELECT DISTINCT ON (user_id, movie_id) * FROM staged_rating
        WHERE user_id BETWEEN %(first)s AND %(last)s
        ORDER BY user_id, movie_id, rated_at, line
    ) AS chosen
    JOIN accounts_user AS person
      ON person.dataset = %(dataset)s AND person.dataset_user_id = chosen.user_id
    ORDER BY chosen.user_id, chosen.rated_at, chosen.line
    ON CONFLICT (user_id, movie_id) DO UPDATE SET
        stars = excluded.stars, watched_at = excluded.watched_at, updated_at = excluded.updated_at
    WHERE (catalog_rating.stars, catalog_rating.watched_at)
          IS DISTINCT FROM (excluded.stars, excluded.watched_at)
"""
INSERT_TAGS = """
    INSERT INTO catalog_tag (user_id, movie_id, text, created_at)
    SELECT person.id, chosen.movie_id, chosen.text, to_timestamp(chosen.added_at)
    FROM (
        SELECT DISTINCT ON (user_id, movie_id, text) * FROM staged_tag
        ORDER BY user_id, movie_id, text, added_at, line
    ) AS chosen
    JOIN accounts_user AS person
      ON person.dataset = %(dataset)s AND person.dataset_user_id = chosen.user_id
    ORDER BY chosen.user_id, chosen.added_at, chosen.line
    ON CONFLICT (user_id, movie_id, text) DO NOTHING
"""


def load_movies(cursor: CursorWrapper, *, may_replace: bool) -> int:
    """Insert the staged movies with their genres; return how many rows changed.

    Without `may_replace` movies that exist keep their title, year and genres.
    """
    cursor.execute("DROP TABLE IF EXISTS pg_temp.described_movie")
    # A movie described under its own id wins over one that was renumbered to it.
    cursor.execute(
        "CREATE TEMPORARY TABLE described_movie ON COMMIT DROP AS "
        "SELECT DISTINCT ON (movie_id) * FROM staged_movie AS staged "
        "WHERE %s OR NOT EXISTS (SELECT FROM catalog_movie WHERE id = staged.movie_id) "
        "ORDER BY movie_id, is_renumbered, line",
        [may_replace],
    )
    given = {
        "id": "movie_id",
        "title": "title",
        "search_title": "search_title",
        "year": "year",
        "created_at": "now()",
        "updated_at": "now()",
    }
    columns, values, parameters = complete_columns(Movie, given)
    cursor.execute(
        f"INSERT INTO catalog_movie ({columns}) SELECT {values} FROM described_movie "  # noqa: S608
        "ORDER BY movie_id ON CONFLICT (id) DO UPDATE SET title = excluded.title, "
        "search_title = excluded.search_title, year = excluded.year, updated_at = now() "
        f"WHERE {CHANGED_MOVIE}",
        parameters,
    )
    changed: int = cursor.rowcount
    changed += _load_genres(cursor)
    cursor.execute("DROP TABLE pg_temp.described_movie")
    return changed


def _load_genres(cursor: CursorWrapper) -> int:
    cursor.execute(
        "INSERT INTO catalog_genre (name, slug) SELECT name, slug FROM staged_genre "
        "ORDER BY name ON CONFLICT DO NOTHING"
    )
    cursor.execute(
        "DELETE FROM catalog_movie_genres AS link USING described_movie AS movie, "
        "catalog_genre AS genre WHERE link.movie_id = movie.movie_id "
        "AND genre.id = link.genre_id AND NOT genre.slug = ANY (movie.genres)"
    )
    changed: int = cursor.rowcount
    cursor.execute(
        "INSERT INTO catalog_movie_genres (movie_id, genre_id) "
        "SELECT movie.movie_id, genre.id FROM described_movie AS movie "
        "JOIN catalog_genre AS genre ON genre.slug = ANY (movie.genres) "
        "ON CONFLICT (movie_id, genre_id) DO NOTHING"
    )
    return changed + int(cursor.rowcount)


def load_links(cursor: CursorWrapper) -> int:
    """Give movies their ids at IMDb and TMDB; return how many changed."""
    cursor.execute(
        "UPDATE catalog_movie AS movie SET imdb_id = link.imdb_id, tmdb_id = link.tmdb_id, "
        "updated_at = now() FROM staged_link AS link WHERE movie.id = link.movie_id "
        "AND (movie.imdb_id, movie.tmdb_id) IS DISTINCT FROM (link.imdb_id, link.tmdb_id)"
    )
    return int(cursor.rowcount)


def load_people(cursor: CursorWrapper, *, dataset: str) -> int:
    """Add the people of the staged ratings and tags, who cannot log in; return how many are new."""
    given = {
        "username": "%(dataset)s || ':' || user_id",  # no sign-up form lets a colon through
        "password": f"'{UNUSABLE_PASSWORD_PREFIX}'",
        "is_active": "false",
        "dataset": "%(dataset)s",
        "dataset_user_id": "user_id",
        "date_joined": "now()",
    }
    columns, values, parameters = complete_columns(User, given)
    cursor.execute(
        f"INSERT INTO accounts_user ({columns}) SELECT {values} FROM ("  # noqa: S608
        "SELECT user_id FROM staged_rating UNION SELECT user_id FROM staged_tag) AS people "
        "ORDER BY user_id ON CONFLICT (dataset, dataset_user_id) "
        "WHERE dataset_user_id IS NOT NULL DO NOTHING",
        {**parameters, "dataset": dataset},
    )
    return int(cursor.rowcount)


def load_ratings(cursor: CursorWrapper, *, dataset: str, on_rows: Callable[[int], object]) -> int:
    """Insert the staged ratings, people by people; return how many are new or changed.

    In batches of some 500,000 rows, and with foreign keys checked at once rather than queued, so
    that Postgres needs no more memory for 25 million than for one batch.
    """
    cursor.execute("CREATE INDEX ON staged_rating (user_id)")
    cursor.execute("ANALYZE staged_rating")
    changed = 0
    for first, last, rows in _split_people(cursor):
        cursor.execute(INSERT_RATINGS, {"first": first, "last": last, "dataset": dataset})
        changed += cursor.rowcount
        on_rows(rows)
    return changed


def _split_people(cursor: CursorWrapper) -> Iterator[tuple[int, int, int]]:
    cursor.execute("SELECT user_id, count(*) FROM staged_rating GROUP BY user_id ORDER BY user_id")
    first, rows = None, 0
    for user_id, count in cursor.fetchall():
        first = user_id if first is None else first
        last, rows = user_id, rows + count
        if rows >= BATCH_ROWS:
            yield first, last, rows
            first, rows = None, 0
    if first is not None:
        yield first, last, rows


def load_tags(cursor: CursorWrapper, *, dataset: str) -> int:
    """Insert the staged tags; return how many are new."""
    cursor.execute(INSERT_TAGS, {"dataset": dataset})
    return int(cursor.rowcount)


def find_unknown_movie(cursor: CursorWrapper, table: str) -> tuple[int, int] | None:
    """Return (line counted from the first row, movie id) of the first row without a movie."""
    cursor.execute(
        f"SELECT line, movie_id FROM {table} AS staged "  # noqa: S608
        "WHERE NOT EXISTS (SELECT FROM catalog_movie WHERE id = staged.movie_id) "
        "ORDER BY line LIMIT 1"
    )
    row: tuple[int, int] | None = cursor.fetchone()
    return row


def complete_columns(model: type[Model], given: dict[str, str]) -> tuple[str, str, dict[str, Any]]:
    """Return columns, SQL values and parameters of a new row: what is given, else the default.

    So a column added to a model later need not be named here.
    """
    values, parameters = dict(given), {}
    for field in model._meta.concrete_fields:
        column = str(field.column)
        is_filled = column in values or field.primary_key or field.null
        if is_filled or field.db_default is not NOT_PROVIDED:
            continue
        values[column] = f"%(default_{column})s"
        default = field.get_db_prep_save(field.get_default(), connection)
        parameters[f"default_{column}"] = default
    columns = ", ".join(f'"{column}"' for column in values)
    return columns, ", ".join(values.values()), parameters
