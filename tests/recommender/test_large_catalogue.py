"""Pages of some 62,000 films take the queries that those of a thousand take."""

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from catalog.services import bump_catalogue_version
from recommender.models import ModelVersion
from tests.catalog.factories import count_queries_of, make_genre
from tests.recommender.conftest import Watch

MOST_QUERIES = 12
PAGES = (
    "/",
    "/?minutes=120&genre=drama",
    "/browse/",
    "/browse/?sort=best&page=30",
    "/browse/?genre=drama&decade=1980&unseen=on&unknown=on",
    "/movies/7/",
    "/movies/7/predicted/",
    "/search/?q=film",
    "/search/?q=flim",
)


def add_films(first: int, last: int, genre_ids: list[int]) -> None:
    """Add films of these ids, each of one genre but for every twelfth, which has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_movie (id, title, search_title, year, rating_count, rating_mean,"
            " runtime_minutes, imdb_id, extract, wikipedia_page, poster_key, created_at,"
            " updated_at) SELECT number, 'Film ' || words, 'film ' || words, 1930 + number %% 90,"
            " number %% 50, (number %% 9 + 1) / 2.0, 60 + number %% 120, '', '', '', '', now(),"
            " now() FROM (SELECT number, translate(left(md5(number::text), 12), '0123456789',"
            " 'aeiou lmno') AS words FROM generate_series(%s::int, %s) AS number) AS titles",
            [first, last],
        )
        cursor.execute(
            "INSERT INTO catalog_movie_genres (movie_id, genre_id) "
            "SELECT id, (%s::bigint[])[1 + id %% %s] FROM catalog_movie "
            "WHERE id BETWEEN %s AND %s AND id %% 12 > 0",
            [genre_ids, len(genre_ids), first, last],
        )
        cursor.execute("ANALYZE catalog_movie, catalog_movie_genres")
    bump_catalogue_version()


def count_warm(browser: Client) -> dict[str, int]:
    """Return how many queries each page takes that was asked for before."""
    for page in PAGES:
        browser.get(page)
    return {page: count_queries_of(browser, page) for page in PAGES}


@pytest.mark.parametrize("is_known", [True, False])
def test_pages_take_no_more_queries_for_sixty_times_as_many_films(
    is_known: bool, active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    if is_known:
        watch(viewer, 20, 23, 26, 29, 32)
    else:
        browser = Client()
    genre_ids = [make_genre(name).pk for name in ("Comedy", "Drama", "Horror")]
    add_films(1001, 2000, genre_ids)
    few = count_warm(browser)
    add_films(2001, 62_423, genre_ids)
    many = count_warm(browser)
    assert many == few
    assert max(many.values()) <= MOST_QUERIES, many
