"""Postgres' advisory locks: what only one worker at a time may do."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def try_advisory_lock(number: int, person: int | None = None) -> Iterator[bool]:
    """Take a lock if it is free, and say whether; the server frees it when this connection ends.

    `number` names what is locked, a constant of its module; with `person` each person has their
    own, but for rare pairs of ids 2^31 apart.
    """
    key = [number] if person is None else [number, person % 2**31]
    marks = ", ".join(["%s"] * len(key))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({marks})", key)
        is_mine: bool = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({marks})", key)
