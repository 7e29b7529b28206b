from typing import Any

import pytest

from catalog.tmdb.parsing import BadAnswerError, FilmAnswer, clean_text, parse_film
from tests.catalog.tmdb.films import make_film


def parse(**changes: Any) -> FilmAnswer:
    return parse_film(make_film(603, "Keeper", **changes), tmdb_id=603)


def test_what_is_kept_is_read() -> None:
    found = parse()
    assert found.overview == "Keeper tells of a lighthouse."
    assert found.runtime_minutes == 95
    assert found.directors == ((71, "Ada Lens", ""),)
    assert [person.name for person in found.cast or ()] == ["Dora First", "Cleo Second"]
    assert set(found.offers or ()) == {
        (8, "Streamly", "US", "subscription"),
        (11, "Reel Rental", "US", "rent"),
        (12, "Lumière", "FR", "subscription"),
    }


def test_film_with_nothing_but_its_id_is_all_unknown() -> None:
    found = parse_film({"id": 603}, tmdb_id=603)
    assert found == FilmAnswer("", "", None, "", None, None, None)


@pytest.mark.parametrize("runtime", [0, -5, None, "95", True, 1e9, [], {}, float("nan")])
def test_runtime_that_cannot_be_is_unknown(runtime: Any) -> None:
    assert parse(runtime=runtime).runtime_minutes is None


@pytest.mark.parametrize(
    "path", ["/a.svg", "http://evil.example/a.jpg", "/../a.jpg", 7, None, "/a.jpg\n"]
)
def test_poster_path_that_cannot_be_is_none(path: Any) -> None:
    assert parse(poster_path=path).poster_path == ""


@pytest.mark.parametrize("odd", [None, 7, "x", [], {"cast": 7, "crew": "x"}])
def test_people_that_are_not_told_of_are_unknown_rather_than_none(odd: Any) -> None:
    found = parse(credits=odd)
    assert found.cast is None
    assert found.directors is None
    assert parse(credits={"cast": [], "crew": []}).cast == ()


def test_odd_rows_are_passed_over() -> None:
    rows = [None, 7, {}, {"id": "x", "name": "No Id"}, {"id": 5}, {"id": 5, "name": "\x00"}]
    good = {"id": 9, "name": " Real \x00 Name ", "character": None, "order": None}
    found = parse(credits={"cast": [*rows, good, good], "crew": rows})
    assert found.cast == ((9, "Real Name", ""),)
    assert found.directors == ()
    providers = {"results": {"US": {"flatrate": [None, {"provider_id": 8}]}, "us": {}, "DE": 7}}
    assert parse(**{"watch/providers": providers}).offers == ()


def test_text_is_one_line_without_control_characters() -> None:
    assert clean_text("a\x00b\n\tc\u202e  d", 100) == "a b c d"
    assert clean_text("x" * 50, 10) == "x" * 10
    assert clean_text(5, 10) == ""


def test_another_film_is_no_answer() -> None:
    with pytest.raises(BadAnswerError):
        parse_film(make_film(604, "Other"), tmdb_id=603)
