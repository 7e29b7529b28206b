"""Queries that every request makes, planned by Postgres once a connection instead of each time."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor

_make_cursor: Any = ServerBindingCursor


def fetch_prepared(sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the first row of a query with `%s` placeholders, None where there is none.

    The parameters go to Postgres apart from the text, so their types must be clear to it: write
    `%s::bigint`. The connection remembers the last hundred texts.
    """
    row: tuple[Any, ...] | None
    if connection.queries_logged:  # Django's log of queries cannot read a prepared one
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            row = cursor.fetchone()
        return row
    connection.ensure_connection()
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, _make_cursor(connection.connection) as raw:
        # In binary an array of numbers is a fraction of the work to read that its text is.
        raw.execute(sql, params, prepare=True, binary=True)
        row = raw.fetchone()
    return row
