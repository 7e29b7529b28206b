import gzip
import json
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Movie
from catalog.movielens.demo import DEMO_DATASET, DEMO_DIR
from catalog.movielens.rows import read_movies
from catalog.movielens.source import open_source
from catalog.search import (
    LOOSE_ALONE,
    LOOSE_BESIDE_CLOSE,
    RENOWN,
    RESEMBLING,
    find_matches,
    find_movie_ids,
)
from catalog.selectors import search_movies
from catalog.text import normalise_title
from tests.catalog.factories import count_queries, make_movie

pytestmark = pytest.mark.django_db

MEANT = {
    "godfater": "The Godfather",
    "amelie": "Amelie (Le Fabuleux destin d'Amélie Poulain)",
    "Amélie": "Amelie (Le Fabuleux destin d'Amélie Poulain)",
    "matrix": "The Matrix",
    "Matrix, The": "The Matrix",
    "the matr": "The Matrix",
    "shawshenk redemtion": "The Shawshank Redemption",
    "wall-e": "WALL·E",
    "schindlers list": "Schindler's List",
    "mash": "M*A*S*H (a.k.a. MASH)",
    "seven": "Seven (a.k.a. Se7en)",
    "up": "Up",
    "goodfelas": "Goodfellas",
    "toy sto": "Toy Story",
    "star wars": "Star Wars: Episode IV - A New Hope",
    "jurasic prk": "Jurassic Park",
    "the matix": "The Matrix",
    "matix": "The Matrix",
    "teh matrix": "The Matrix",
    "the shinning": "The Shining",
    "pulp ficton": "Pulp Fiction",
    "star wras": "Star Wars: Episode IV - A New Hope",
}


def test_what_is_typed_finds_the_movie_meant_first(demo_movies: None) -> None:
    found = {typed: [card.title for card in search_movies(typed, 5)] for typed in MEANT}
    assert {typed: titles[:1] for typed, titles in found.items()} == {
        typed: [title] for typed, title in MEANT.items()
    }


def test_each_letter_typed_keeps_the_movie_in_sight(demo_movies: None) -> None:
    title = "the matrix"
    assert find_movie_ids("th", limit=20)
    for length in range(5, len(title) + 1):
        assert 2571 in find_movie_ids(title[:length], limit=20), title[:length]
    assert 60069 in find_movie_ids("walle", limit=2)  # WALL·E


def test_well_known_movie_comes_before_an_obscure_namesake() -> None:
    make_movie(1, "Heat", rating_count=2)
    make_movie(2, "Heat", rating_count=900)
    make_movie(3, "Heathers", rating_count=5000)
    assert find_movie_ids("heat", limit=3) == [2, 1, 3]


@pytest.mark.parametrize("query", ["", "   ", "!!!", "%", "_", "\\", "'; --"])
def test_nothing_to_search_for_finds_nothing(query: str) -> None:
    make_movie(1, "Percent")
    assert find_movie_ids(query, limit=5) == []


def test_titles_that_only_resemble_are_told_apart_and_few() -> None:
    make_movie(1, "Alien", rating_count=900)
    make_movie(2, "Aliens", rating_count=800)
    make_movie(3, "Cowboys & Aliens")
    make_movie(4, "Mutalien Hunters", rating_count=5000)
    for number in range(10, 40):
        make_movie(number, f"Alie {number}")
    found = find_matches("alien")
    assert found.close == (1, 2, 3)
    assert found.loose[0] == 4
    assert len(found.loose) == LOOSE_BESIDE_CLOSE
    assert len(find_matches("alieb").loose) == LOOSE_ALONE


def test_words_may_be_left_out_and_change_places() -> None:
    make_movie(1, "The Lord of the Rings: The Fellowship of the Ring")
    make_movie(2, "Harry Potter and the Chamber of Secrets")
    make_movie(3, "Potters of Harrow")
    assert find_matches("lord rings").close == (1,)
    assert find_matches("potter harry").close == (2,)
    assert find_matches("cham of secr").close == (2,)


def test_limit_is_kept() -> None:
    for number in range(1, 9):
        make_movie(number, f"Rocky {number}")
    assert len(find_movie_ids("rocky", limit=5)) == 5
    assert find_movie_ids("rocky", limit=0) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=120))
def test_any_text_can_be_searched_for(query: str, movie: Movie) -> None:
    assert len(find_movie_ids(query, limit=3)) <= 3


def test_cards_of_what_is_found_take_a_fixed_number_of_queries() -> None:
    make_movie(1, "Rocky I")
    few = count_queries(lambda: search_movies("rocky", 50))
    for number in range(2, 40):
        make_movie(number, f"Rocky {number}", genres=["Drama", "Sport"])
    assert count_queries(lambda: search_movies("rocky", 50)) <= few
    assert len(search_movies("rocky", 50)) == 39


@pytest.fixture
def demo_movies(db: None) -> None:
    """The titles of the demo set with the number of their ratings."""
    with gzip.open(DEMO_DIR / DEMO_DATASET / "ratings.csv.gz", "rt") as lines:
        counts = Counter(line.split(",")[1] for line in lines)
    with open_source(DEMO_DIR / DEMO_DATASET) as source:
        member = source.find("movies")
        assert member is not None
        Movie.objects.bulk_create(
            Movie(
                pk=row.movie_id,
                title=row.title,
                search_title=normalise_title(row.title),
                year=row.year,
                rating_count=counts[str(row.movie_id)],
            )
            for row in read_movies(member)
        )


@pytest.fixture
def sixty_thousand(db: None) -> None:
    """As many movies as MovieLens 25M has, with titles of a few made-up words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_movie (id, title, search_title, rating_count, imdb_id, extract, "
            "wikipedia_page, poster_key, created_at, updated_at) "
            "SELECT number, words, words, number % 100, '', '', '', '', now(), now() "
            "FROM (SELECT number, translate(left(md5(number::text), 20), '0123456789', "
            "'aeiou lmno') AS words FROM generate_series(1, 62423) AS number) AS titles"
        )
    make_movie(100_000, "The Godfather")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_movie")


def _explain(sql: str, parameters: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        return json.dumps(cursor.fetchone()[0])


def test_search_of_sixty_thousand_movies_uses_the_indexes(sixty_thousand: None) -> None:
    plan = _explain(RESEMBLING, {"query": "godfater", "limit": 10, "renown": RENOWN})
    assert "movie_search_title_trgm" in plan
    contained = "SELECT id FROM catalog_movie WHERE search_title LIKE '%%' || %(prefix)s"
    assert "movie_search_title_trgm" in _explain(contained, {"prefix": "godfa%"})
    beginning = "SELECT id FROM catalog_movie WHERE search_title LIKE %(prefix)s"
    assert "movie_search_title_start" in _explain(beginning, {"prefix": "go%"})

    words = (
        "SELECT id FROM catalog_movie WHERE search_title LIKE '%%' || %(prefix)s "
        "OR (search_title LIKE %(word)s AND ' ' || search_title LIKE ALL (%(begun)s))"
    )
    parameters = {"prefix": "godf the%", "word": "%godf%", "begun": ["% godf%", "% the%"]}
    assert "movie_search_title_trgm" in _explain(words, parameters)

    assert find_movie_ids("godfater", limit=10)[0] == 100_000
