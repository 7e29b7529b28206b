"""One film of a series is enough for a page of the evening's films."""

import pytest
from django.test import Client

from recommender.models import ModelVersion
from recommender.tonight.series import space_series
from tests.pages import read
from tests.recommender.tonight.steps import get_picks, make_series


def test_one_film_of_a_series_is_enough_for_a_page(active_model: ModelVersion) -> None:
    sagas = set(get_picks(read(Client())))
    make_series(sagas)
    pages = [get_picks(read(Client(), f"/?page={page}")) for page in (1, 2)]
    assert len(sagas) == 3
    assert [len(sagas & set(page)) for page in pages] == [1, 1]


@pytest.mark.parametrize(
    ("series", "count", "chosen"),
    [
        ("abcdefg", 6, [0, 1, 2, 3, 4, 5]),
        ("aabcdaaef", 9, [0, 2, 3, 1, 4, 7, 5, 8, 6]),
        ("aaaa", 3, [0, 1, 2]),
        ("aabc", 2, [0, 2]),
        ("ab", 5, [0, 1]),
        ("", 4, []),
    ],
)
def test_others_of_a_series_wait_for_the_next_page(
    series: str, count: int, chosen: list[int]
) -> None:
    assert space_series([range(len(series))], series.__getitem__, count=count) == chosen


def test_film_of_a_series_waits_for_no_film_of_a_later_pool() -> None:
    assert space_series([[0, 1, 2], [3, 4]], "aaabc".__getitem__, count=5) == [0, 1, 2, 3, 4]
    # A later pool has no second of a series that is on the page already, while it has others.
    assert space_series([[0], [1, 2, 3]], "aabc".__getitem__, count=4) == [0, 2, 3, 1]
