"""Queries that every request makes, planned by Postgres once a connection instead of each time."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


class _PreparingCursor(ServerBindingCursor):  # type: ignore[misc]
    """A cursor that prepares what it executes; the connection remembers the last hundred texts."""

    def execute(self, query: Any, params: Any = None) -> Any:
        return super().execute(query, params, prepare=True)


def fetch_prepared(sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the first row of a query with `%s` placeholders, None where there is none.

    The parameters go to Postgres apart from the text, so their types must be clear to it: write
    `%s::bigint`.
    """
    with _open_cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _open_cursor() -> CursorWrapper:
    if connection.queries_logged:  # Django's log of queries cannot read a prepared one
        return connection.cursor()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: Any = _PreparingCursor(connection.connection)
    return connection.make_cursor(raw)
