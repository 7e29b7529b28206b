"""The list of all movies: each filter, the orders, addresses that can be shared, bad input."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog import pagination
from catalog.browsing import BrowseForm, filter_movies
from catalog.diary_models import DiaryEntry
from catalog.models import Movie, SeenMovie
from catalog.services import set_rating
from tests.catalog.factories import count_queries_of, make_movie

pytestmark = pytest.mark.django_db


def test_films_that_may_not_fit_are_said_to_be_left_out_and_shown_when_asked(
    shelf: None,
) -> None:
    make_movie(7, "Bare", year=2002, genres=["(no genres listed)"], rating_mean=4.5)
    make_movie(8, "Barer", year=1999, genres=[], rating_mean=None)
    for query, left_out, found in (
        ("genre=drama", True, [1, 2, 4, 7, 8]),
        ("decade=1950", True, [1, 3, 5]),
        ("year_from=2000&genre=drama", True, [2, 7]),
        ("genre=comedy&rating=4", True, [4, 5, 7, 8]),
        ("year_to=1990&without=comedy", True, [1]),
        ("genre=no-genres-listed", False, [7]),
        ("q=bare&genre=drama", True, [7, 8]),
        ("q=bare&decade=1950", True, []),
        ("runtime=short", False, [4, 5, 3, 7, 8]),
    ):
        assert ("fit are left out." in read(query)) is left_out, query
        shown = read(f"{query}&unknown=on")
        ids = [int(pk) for pk in re.findall(r'id="film-(\d+)"', shown)]
        known = [int(pk) for pk in re.findall(r'id="film-(\d+)"', read(query))]
        assert set(ids) == set(found), query
        assert ids[: len(known)] == known
        assert "left out" not in shown


def test_film_that_comes_last_says_what_is_not_known_of_it(shelf: None) -> None:
    make_movie(7, "Bare", year=2002, genres=[], rating_mean=None)
    page = read("genre=drama&rating=3&unknown=on")
    assert "Films of which it is not known whether they fit come last and say so." in page
    assert "Not rated yet, Genre unknown" in page
    assert 'href="/browse/?genre=drama&amp;unknown=only"' in read("genre=drama&page=1")
    assert count_queries_of(Client(), "/browse/?genre=drama&rating=3") <= 6


def test_films_not_known_to_fit_are_shown_alone_when_asked(shelf: None) -> None:
    make_movie(7, "Bare", year=2002, genres=[], rating_mean=None)
    page = read("genre=drama&unknown=only")
    assert re.findall(r'id="film-(\d+)"', page) == ["7"]
    assert "These are only films of which it is not known whether they fit." in page
    assert "left out" not in page
    assert "No film is all of that" in read("genre=drama&decade=1950&unknown=only")


def find(viewer: User | None = None, **asked: Any) -> list[int]:
    """Return the ids of the movies that these fields ask for, in order."""
    form = BrowseForm(asked)
    return [movie.pk for movies in filter_movies(form, viewer=viewer) for movie in movies]


def read(query: str, client: Client | None = None) -> str:
    answer: Any = (client or Client()).get(f"/browse/?{query}")
    assert answer.status_code == 200, answer.content[:500]
    text: str = answer.content.decode()
    return text


@pytest.fixture
def shelf() -> None:
    """Six films that differ in all that can be asked for."""
    facts: list[tuple[str, int | None, list[str], float | None, int, int | None]] = [
        ("Old Drama", 1955, ["Drama"], 4.2, 60, 95),
        ("New Drama", 2001, ["Drama", "Romance"], 3.1, 50, 160),
        ("Old Comedy", 1955, ["Comedy"], 3.9, 40, None),
        ("Dark Comedy", 1984, ["Comedy", "Drama"], 4.0, 30, 88),
        ("Lost Reel", None, ["Comedy"], None, 0, 12),
        ("Long Night", 1999, ["Horror"], 2.5, 20, 121),
    ]
    for pk, (title, year, genres, mean, count, minutes) in enumerate(facts, start=1):
        make_movie(
            pk,
            title,
            genres=genres,
            year=year,
            rating_mean=mean,
            rating_count=count,
            runtime_minutes=minutes,
        )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [1, 2, 3, 4, 6, 5]),
        ({"genre": ["drama"]}, [1, 2, 4]),
        ({"genre": ["drama", "horror"]}, [1, 2, 4, 6]),
        ({"without": ["drama"]}, [3, 6, 5]),
        ({"genre": ["comedy"], "without": ["drama"]}, [3, 5]),
        ({"decade": "1950"}, [1, 3]),
        ({"year_from": "1984", "year_to": "1999"}, [4, 6]),
        ({"year_from": "1999"}, [2, 6]),
        ({"rating": "3.5"}, [1, 3, 4]),
        ({"runtime": "short"}, [4, 5, 3]),
        ({"runtime": "epic"}, [2, 3]),
        ({"q": "drama"}, [1, 2]),
        ({"q": "comdy"}, [3, 4]),
        ({"q": "drama", "sort": "newest"}, [2, 1]),
        ({"sort": "oldest"}, [1, 3, 4, 6, 2, 5]),
        ({"sort": "newest"}, [2, 6, 4, 1, 3, 5]),
        ({"sort": "title"}, [4, 6, 5, 2, 3, 1]),
        ({"sort": "best"}, [1, 4, 3, 2, 6, 5]),
    ],
)
def test_each_question_finds_its_films(
    asked: dict[str, Any], found: list[int], shelf: None
) -> None:
    assert find(**asked) == found


def test_unseen_leaves_out_what_is_rated_called_seen_or_in_the_diary(
    shelf: None, member: User
) -> None:
    set_rating(user=member, movie_id=1, stars=4)
    SeenMovie.objects.create(user=member, movie_id=2)
    DiaryEntry.objects.create(user=member, movie_id=3, watched_on=timezone.localdate())
    assert find(member, unseen="on") == [4, 6, 5]
    assert find(member) == find(None, unseen="on") == [1, 2, 3, 4, 6, 5]


def test_film_of_unknown_length_is_shown_as_such(shelf: None) -> None:
    page = read("runtime=short")
    assert page.count("Length unknown") == 1
    assert page.index("Dark Comedy") < page.index("Old Comedy") < page.index("Length unknown")
    assert "Length unknown" not in read("")


def test_pages_keep_the_question() -> None:
    for pk in range(1, 41):
        make_movie(pk, f"Film {pk:02}", year=1960 + pk, genres=["Drama"])
    page = read("sort=oldest&genre=drama&page=2")
    assert "Film 40" in page
    assert "Film 01" not in page
    assert "?sort=oldest&amp;genre=drama&amp;page=1" in page


def test_address_to_share_is_without_what_was_left_empty(shelf: None) -> None:
    answer: Any = Client().get("/browse/?q=&decade=1950&sort=&genre=drama&genre=comedy&year_to=")
    assert answer.status_code == 302
    assert answer["Location"] == "/browse/?decade=1950&genre=drama&genre=comedy"
    for query in ("sort=&page=", "sort=popular"):
        assert Client().get(f"/browse/?{query}")["Location"] == "/browse/"
    assert Client().get("/browse/?q=drama&sort=popular").status_code == 200


def test_bad_years_are_kept_and_explained(shelf: None) -> None:
    page = read("year_from=2001&year_to=1955&genre=drama")
    assert "The last year is before the first." in page
    assert re.search(r'name="year_to" value="1955"[^>]*aria-invalid="true"', page)
    assert '<details class="more-filters" open' in page
    page = read("year_from=soon")
    assert 'value="soon"' in page
    assert "Enter a whole number." in page
    assert "Old Drama" in page


@pytest.mark.parametrize(
    "query",
    [
        "genre=nope",
        "genre=%00",
        "without=%00",
        "decade=x",
        "sort=%27",
        "runtime=x",
        "rating=9",
        "year_from=9999999999999999999",
        "page=0",
        "page=zz",
        "page=9999999999999999999",
    ],
)
def test_what_is_not_understood_is_passed_over(query: str, movie: Movie) -> None:
    assert "The Matrix" in read(query)


@pytest.mark.parametrize("words", ["%00", "%25", "_", "%5C", "%27 OR 1=1 --", "a" * 500])
def test_any_words_can_be_asked_for(words: str, movie: Movie) -> None:
    read(f"q={words}")


def test_queries_do_not_grow_with_filters_or_films(logged_in: Client, shelf: None) -> None:
    url = "/browse/?q=drama&genre=drama&without=horror&unseen=on&rating=3"
    few = count_queries_of(logged_in, url)
    for pk in range(20, 60):
        make_movie(pk, f"Drama {pk}", genres=["Drama", f"Genre {pk}"], rating_mean=4.0)
    assert count_queries_of(logged_in, url) <= few <= 12


def test_page_says_where_it_stopped_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "STEP", 1)
    for pk in range(1, 111):
        make_movie(pk, f"Film {pk}")
    assert "More than 72 films" in read("page=1")
    assert "110 films" in read("page=4")
    assert read("page=4").count('class="card"') == 2


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("", "All films"),
        ("genre=comedy&decade=1990&unseen=on", "Comedies of the 1990s, not yet seen"),
        ("genre=comedy&genre=drama&without=horror", "Comedies or dramas, no horror films"),
        (
            "year_from=1984&year_to=1999&rating=3.5",
            "Films from 1984 to 1999, rated 3.5 stars or more",
        ),
        ("year_from=1999&year_to=1999&genre=horror", "Horror films of 1999"),
        ("year_from=1984&runtime=epic", "Films from 1984 on, longer than 2½ hours"),
        ("year_to=1984&runtime=short", "Films up to 1984, up to 1½ hours long"),
        ("q=drama", "“drama”"),
        ("q=drama&decade=1950", "“drama”: Films of the 1950s"),
        ("sort=newest", "All films"),
        ("unknown=on", "All films"),
    ],
)
def test_heading_and_title_say_what_is_asked_for(query: str, heading: str, shelf: None) -> None:
    page = " ".join(unescape(read(query)).split())
    assert f"<h1> {heading} </h1>" in page
    assert f"<title> {'Browse' if heading == 'All films' else heading} · MovieShow" in page


def test_heading_is_said_in_german(shelf: None) -> None:
    german = Client(headers={"Accept-Language": "de"})
    page = " ".join(read("genre=comedy&decade=1990&unseen=on", german).split())
    assert "<h1> Komödien der 1990er, noch nicht gesehen </h1>" in page


def test_heading_counts_many_genres_and_knows_those_of_other_catalogues() -> None:
    make_movie(1, "Film", genres=["Comedy", "Drama", "Polka", "War"])
    assert "Polka films" in read("genre=polka")
    assert "Films of 4 genres" in read("genre=comedy&genre=drama&genre=polka&genre=war")


@pytest.mark.parametrize("name", ["comedy", "Comedy", "COMEDY", "Kom%C3%B6die", "+comedy+"])
def test_genres_may_be_named_in_the_address(name: str, shelf: None) -> None:
    page = read(f"genre={name}", Client(headers={"Accept-Language": "de"}))
    assert "Komödien" in page
    assert re.search(r'name="genre"\s+value="comedy"[^>]*checked', page)
    assert "Old Comedy" in page
    assert "Old Drama" not in page


def test_genre_that_is_none_is_said_and_the_others_are_kept_to(shelf: None) -> None:
    page = read("genre=Comedy&genre=Commedy")
    assert "There is no genre “Commedy” here." in page
    assert "Old Comedy" in page
    assert "Old Drama" not in page
