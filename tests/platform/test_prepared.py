"""Prepared queries answer as others do and stay in step with the connection."""

import pytest
from django.db import ProgrammingError, connection

from movieshow.prepared import fetch_prepared

SQL = "SELECT %s::bigint + 1, ARRAY[%s::bigint, 7]"


@pytest.mark.django_db
def test_row_comes_back_however_often_it_is_asked() -> None:
    assert [fetch_prepared(SQL, [n, n]) for n in (1, 2, 3)] == [
        (2, [1, 7]),
        (3, [2, 7]),
        (4, [3, 7]),
    ]


@pytest.mark.django_db
def test_query_is_planned_once_a_connection() -> None:
    for number in range(5):
        fetch_prepared(SQL, [number, number])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%+ 1, ARRAY%"]
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_no_row_is_none() -> None:
    assert fetch_prepared("SELECT 1 WHERE %s::bigint = 0", [1]) is None


@pytest.mark.django_db
def test_errors_are_djangos() -> None:
    with pytest.raises(ProgrammingError):
        fetch_prepared("SELECT no_such_column, %s::bigint", [1])


@pytest.mark.django_db(transaction=True)
def test_new_connection_prepares_anew() -> None:
    fetch_prepared(SQL, [1, 1])
    connection.close()
    assert fetch_prepared(SQL, [2, 2]) == (3, [2, 7])
