import string
from typing import Any

import pytest

from catalog.importing import matching
from catalog.importing.contents import Film
from catalog.importing.limits import SearchBudget
from catalog.importing.matching import (
    Candidate,
    Verdict,
    _list_names,
    decide,
    match_films,
    score_titles,
)
from tests.catalog.factories import count_queries, make_movie


def make_film(title: str = "", year: int | None = None, **fields: Any) -> Film:
    values = {"movie_id": None, "imdb_id": "", "tmdb_id": None, "is_film": True, **fields}
    return Film(where="a.csv:2", title=title, year=year, **values)


def match(*films: Film) -> list[Verdict]:
    return match_films(films, on_done=lambda _done: None)


def match_one(title: str = "", year: int | None = None, **fields: Any) -> tuple[str, int | None]:
    verdict = match(make_film(title, year, **fields))[0]
    return verdict.match, verdict.movie_id


@pytest.fixture
def catalogue(db: None) -> None:
    make_movie(2571, "The Matrix", year=1999, imdb_id="tt0133093", tmdb_id=603, rating_count=90)
    make_movie(6365, "The Matrix Reloaded", year=2003)
    make_movie(318, "The Shawshank Redemption", year=1994, rating_count=99)
    make_movie(1219, "Psycho", year=1960, rating_count=50)
    make_movie(2389, "Psycho", year=1998)
    make_movie(6016, "City of God (Cidade de Deus)", year=2002)
    make_movie(4973, "Amelie (Fabuleux destin d'Amélie Poulain, Le)", year=2001)
    make_movie(2011, "Back to the Future Part II", year=1989)
    make_movie(2012, "Back to the Future Part III", year=1990)
    make_movie(1270, "Back to the Future", year=1985)
    make_movie(1219001, "Rashomon (Rashômon)", year=1950)


@pytest.mark.usefixtures("catalogue")
class TestMatching:
    @pytest.mark.parametrize(
        "ids", [{"movie_id": 2571}, {"imdb_id": "tt0133093"}, {"tmdb_id": 603}]
    )
    def test_id_alone_is_enough(self, ids: dict[str, Any]) -> None:
        assert match_one(**ids) == ("matched", 2571)
        assert match_one("Matriks", 1999, **ids) == ("matched", 2571)

    def test_ids_that_contradict_each_other_are_doubtful(self) -> None:
        verdict = match(make_film("The Matrix", 1999, movie_id=318, imdb_id="tt0133093"))[0]
        assert verdict == Verdict("doubtful", None, [318, 2571])  # type: ignore[arg-type]

    def test_number_of_another_site_is_not_taken_for_ours(self) -> None:
        assert match_one("Seven Samurai", 1954, movie_id=318)[0] == "doubtful"

    def test_tmdb_id_of_a_series_is_no_film(self) -> None:
        assert match_one("Some Series", 1999, tmdb_id=603, is_film=False)[0] == "unmatched"

    @pytest.mark.parametrize(
        ("title", "year", "movie_id"),
        [
            ("The Matrix", 1999, 2571),
            ("Matrix, The", 1999, 2571),
            ("the MATRIX", 1999, 2571),
            ("The Matrix", 1998, 2571),
            ("The Matrix", 2000, 2571),
            ("The Matrix", None, 2571),
            ("Psycho", 1960, 1219),
            ("Psycho", 1998, 2389),
            ("City of God", 2002, 6016),
            ("Cidade de Deus", 2002, 6016),
            ("Amélie", 2001, 4973),
            ("Le Fabuleux Destin d'Amélie Poulain", 2001, 4973),
            ("Rashomon", 1950, 1219001),
            ("The Shawshank Redemtion", 1994, 318),
            ("Back to the Future Part II", 1989, 2011),
        ],
    )
    def test_title_and_year_say_which(self, title: str, year: int | None, movie_id: int) -> None:
        assert match_one(title, year) == ("matched", movie_id)

    def test_title_of_two_without_a_year_is_doubtful_the_better_known_first(self) -> None:
        verdict = match(make_film("Psycho"))[0]
        assert (verdict.match, verdict.candidates[:2]) == ("doubtful", [1219, 2389])

    def test_title_of_another_year_is_doubtful(self) -> None:
        verdict = match(make_film("The Matrix", 2014))[0]
        assert (verdict.match, verdict.candidates[0]) == ("doubtful", 2571)

    def test_sequel_is_never_taken_for_the_film_itself(self) -> None:
        assert match_one("Back to the Future Part IV", 1990)[0] != "matched"
        assert match_one("Back to the Future 2", 1989)[0] != "unmatched"

    @pytest.mark.parametrize("title", ["Home Movie of My Cat", "???", "映画", ""])
    def test_film_that_is_not_here_is_unmatched(self, title: str) -> None:
        assert match_one(title, 1999) == ("unmatched", None)

    def test_likeness_in_title_and_the_year_is_doubtful(self) -> None:
        verdict = match(make_film("Shawshank Redempshun", 1995))[0]
        assert (verdict.match, verdict.candidates) == ("doubtful", [318])

    def test_likenesses_are_looked_for_only_so_often(self) -> None:
        misspelt = make_film("Shawshank Redempshun", 1995)
        verdicts = match_films(
            [*[misspelt] * 60, make_film("Jaws"), make_film("The Matrix", 1999)],
            on_done=lambda _done: None,
            budget=SearchBudget(films=51),
        )
        assert [verdict.is_unsearched for verdict in verdicts] == [
            *[False] * 51,
            *[True] * 10,
            False,
        ]
        assert [verdict.match for verdict in verdicts] == [
            *["doubtful"] * 51,
            *["unmatched"] * 10,
            "matched",
        ]

    def test_likenesses_are_looked_for_only_so_long(self) -> None:
        misspelt, known = make_film("Shawshank Redempshun", 1995), make_film("The Matrix", 1999)
        budget = SearchBudget(seconds=1e-9)
        chunk = [misspelt] * matching.CHUNK
        verdicts = match_films([*chunk, misspelt, known], on_done=lambda _done: None, budget=budget)
        assert [verdict.match for verdict in verdicts] == [
            *["doubtful"] * matching.CHUNK,
            "unmatched",
            "matched",
        ]
        assert [verdict.is_unsearched for verdict in verdicts[-2:]] == [True, False]

    def test_end_of_a_long_title_is_not_compared(self) -> None:
        start = "Shawshank Redempshun " * 6
        for title in (start, start + string.ascii_letters * 4):
            [likely] = matching._find_likenesses({0: make_film(title, 1994)})[0]
            assert likely.movie_id == 318

    def test_queries_do_not_grow_with_the_films(self) -> None:
        films = [make_film(f"Film {number}", 1999, movie_id=number) for number in range(1, 51)]
        few = count_queries(lambda: match(*films[:2]))
        assert count_queries(lambda: match(*films)) == few


def test_title_of_many_names_takes_no_longer_than_one_of_a_few() -> None:
    names = [f"({one}{other})" for one in "abcdefghij" for other in "abcdefghij"]
    with_few = _list_names("Jaws " + "".join(names[:4]))
    assert len(with_few) == 6
    assert len(_list_names("Jaws " + "".join(names))) == 6


def test_progress_is_told() -> None:
    told: list[int] = []
    films = [make_film() for _ in range(120)]
    assert len(match_films(films, on_done=told.append)) == 120
    assert told == [50, 100, 120]


def test_near_second_makes_the_first_doubtful() -> None:
    film = make_film("Hamlet", 1996)
    one = Candidate(1, "Hamlet", 1996, 10, 100.0)
    two = Candidate(2, "Hamlet", 1996, 5, 100.0)
    assert decide(film, [two, one]) == Verdict("doubtful", None, [1, 2])  # type: ignore[arg-type]
    assert decide(film, [one]) == Verdict("matched", 1)  # type: ignore[arg-type]
    assert decide(film, []).match == "unmatched"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("Seven Samurai", "Seven Samurai (Shichinin no samurai)"),
        ("Shichinin no samurai", "Seven Samurai (Shichinin no samurai)"),
        ("The Matrix", "Matrix, The"),
        ("Postman, The", "The Postman (Postino, Il)"),
        ("Se7en", "Seven (a.k.a. Se7en)"),
    ],
)
def test_titles_are_alike_by_any_of_their_names(given: str, known: str) -> None:
    assert score_titles(given, known) == 100
