"""Pages of very many films: counted no further than need be, several queries one after another."""

import pytest

from catalog import pagination
from catalog.models import Movie
from catalog.pagination import NearbyPaginator
from tests.catalog.factories import count_queries, make_movie

pytestmark = pytest.mark.django_db


def test_pages_are_counted_no_further_than_a_reader_may_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pagination, "STEP", 2)
    for pk in range(1, 9):
        make_movie(pk, f"Film {pk}")
    movies = Movie.objects.order_by("pk").values_list("pk", flat=True)
    first = NearbyPaginator([movies], 2, asked=0)
    assert (first.count, first.is_cut) == (8, False)
    make_movie(9, "Film 9")
    first = NearbyPaginator([movies], 2, asked=1)
    assert (first.count, first.is_cut, first.num_pages) == (8, True, 4)
    further = NearbyPaginator([movies], 2, asked=5)
    assert (further.count, further.is_cut) == (9, False)
    assert list(further.get_page("5").object_list) == [9]


@pytest.mark.parametrize(
    ("number", "found"), [(1, [1, 2, 3]), (2, [4, 9, 8]), (3, [7, 6, 5]), (4, [])]
)
def test_films_of_a_second_query_follow_those_of_the_first(number: int, found: list[int]) -> None:
    for pk in range(1, 10):
        make_movie(pk, f"Film {pk}")
    first = Movie.objects.filter(pk__lte=4).order_by("pk").values_list("pk", flat=True)
    second = Movie.objects.filter(pk__gt=4).order_by("-pk").values_list("pk", flat=True)
    pages = NearbyPaginator([first, second], 3, asked=number)
    assert (pages.count, pages.is_cut, pages.num_pages) == (9, False, 3)
    assert pages._found[3 * number - 3 : 3 * number] == found


def test_second_query_is_not_asked_where_the_first_suffices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pagination, "STEP", 2)
    for pk in range(1, 10):
        make_movie(pk, f"Film {pk}")
    movies = Movie.objects.order_by("pk").values_list("pk", flat=True)
    pages = NearbyPaginator([movies, movies.filter(year=None)], 2, asked=1)

    def read() -> None:
        assert list(pages.get_page("1").object_list) == [1, 2]
        assert pages.is_cut

    assert count_queries(read) == 2
