import json
import string
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.importing.contents import Film, Upload
from catalog.importing.notes import UploadRefusedError, say
from catalog.importing.parsing import parse_upload
from tests.catalog.importing.exports import (
    DIARY,
    RATINGS,
    WATCHED,
    make_csv,
    make_imdb,
    make_letterboxd,
    make_trakt,
    make_trakt_zip,
    make_zip,
)

TITLE_CHARACTERS = (string.printable + "éß„“🎬").replace("\r", "")


def parse(content: str | bytes, name: str = "upload") -> Upload:
    return parse_upload(content.encode() if isinstance(content, str) else content, name=name)


def by_title(upload: Upload) -> dict[str, Film]:
    return {film.title: film for film in upload.films}


def refuse(content: str | bytes, name: str = "upload") -> str:
    with pytest.raises(UploadRefusedError) as caught:
        parse(content, name)
    assert say(caught.value.note) == str(caught.value)
    return str(caught.value)


def test_letterboxd_zip_gives_each_film_once_with_stars_dates_and_lists() -> None:
    upload = parse(make_letterboxd(), "letterboxd-ada-2024.zip")
    films = by_title(upload)
    assert upload.format == "letterboxd"
    assert set(films) == {"The Matrix", "Amélie", "Jaws", "Solaris"}
    matrix = films["The Matrix"]
    assert (matrix.stars, matrix.year, matrix.is_listed) == (Decimal("4.5"), 1999, False)
    assert matrix.rated_at == datetime(2020, 2, 1, 12, tzinfo=UTC)
    assert matrix.watched_at == datetime(2021, 5, 1, 12, tzinfo=UTC)
    jaws, solaris = films["Jaws"], films["Solaris"]
    assert (jaws.stars, jaws.is_seen, jaws.is_listed) == (None, True, False)
    assert (solaris.stars, solaris.is_seen, solaris.is_listed) == (None, False, True)
    assert upload.remarks == []
    assert upload.problem_count == 0


def test_letterboxd_zip_may_have_one_folder_around_it() -> None:
    inner = make_csv(RATINGS, ["2020-02-01", "Jaws", 1975, "u", "4"])
    films = parse(make_zip({"export/ratings.csv": inner, "__MACOSX/._ratings.csv": "x"})).films
    assert [film.title for film in films] == ["Jaws"]


def test_format_is_found_by_content_whatever_the_name() -> None:
    text = make_imdb(("tt0133093", 9, "2021-03-04", "The Matrix", "Movie", 1999))
    upload = parse(text, "holiday-photos.txt")
    assert upload.format == "imdb"
    assert upload.films[0].stars == Decimal("4.5")
    assert upload.films[0].imdb_id == "tt0133093"
    assert upload.films[0].rated_at == datetime(2021, 3, 4, 12, tzinfo=UTC)


def test_series_of_imdb_are_no_films() -> None:
    upload = parse(
        make_imdb(
            ("tt0944947", 9, "2021-03-04", "Game of Thrones", "TV Series", 2011),
            ("tt0133093", 8, "2021-03-04", "The Matrix", "Movie", 1999),
        )
    )
    assert [film.is_film for film in upload.films] == [False, True]


def test_watchlist_of_imdb_is_a_list() -> None:
    header = (
        "Position,Const,Created,Modified,Description,Title,Year,Title Type,Your Rating,Date Rated"
    )
    text = make_csv(
        header,
        [1, "tt0133093", "2021-01-01", "", "", "The Matrix", 1999, "Movie", "", ""],
        [2, "tt0073195", "2021-01-01", "", "", "Jaws", 1975, "Movie", "8", "2022-01-01"],
    )
    listed, rated = parse(text).films
    assert listed.is_listed
    assert listed.stars is None
    assert listed.listed_at == datetime(2021, 1, 1, 12, tzinfo=UTC)
    assert not rated.is_listed
    assert rated.stars == 4


def test_trakt_zip_merges_ratings_history_and_watchlist() -> None:
    upload = parse(make_trakt_zip())
    films = by_title(upload)
    assert upload.format == "trakt"
    assert set(films) == {"The Matrix", "Jaws", "Solaris", "Alien"}
    assert not (films["Alien"].is_listed or films["Alien"].is_seen)  # on a list of one's own
    assert films["The Matrix"].stars == Decimal("4.5")
    assert films["The Matrix"].watched_at == datetime(2022, 1, 2, 20, tzinfo=UTC)
    assert films["Jaws"].is_seen
    assert films["Jaws"].watched_at is None  # 1970 is Trakt's "I do not know"
    assert films["Solaris"].is_listed
    assert upload.skipped_count == 1


def test_lone_json_may_be_an_object_of_lists() -> None:
    rating = make_trakt("Jaws", 1975, rated_at="2021-03-04T05:06:07.000Z", rating=7)
    assert parse(json.dumps({"ratings": [rating]})).films[0].stars == Decimal("3.5")
    assert parse(json.dumps([rating])).films[0].year == 1975


def test_movielens_ratings_of_one_person() -> None:
    upload = parse("userId,movieId,rating,timestamp\n7,2571,4.5,964982703\n")
    film = upload.films[0]
    assert (upload.format, film.movie_id, film.stars) == ("movielens", 2571, Decimal("4.5"))
    assert film.rated_at == datetime(2000, 7, 30, 18, 45, 3, tzinfo=UTC)


def test_movielens_ratings_of_many_people_are_refused() -> None:
    text = "userId,movieId,rating,timestamp\n7,2571,4.5,964982703\n8,1,3,964982703\n"
    assert "several people" in refuse(text, "ratings.csv")


def test_export_of_movielens_own_site() -> None:
    header = "movie_id,imdb_id,tmdb_id,rating,average_rating,title"
    text = f"{header}\n1,0114709,862,4.0,3.9,Toy Story (1995)\n"
    film = parse(text).films[0]
    assert (film.movie_id, film.imdb_id, film.tmdb_id) == (1, "tt0114709", 862)
    assert (film.title, film.year) == ("Toy Story", 1995)
    assert film.stars == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_plain_table_with_any_delimiter(delimiter: str) -> None:
    text = make_csv("Title,Year,Rating", ["Matrix, The", 1999, "4,5"], delimiter=delimiter)
    film = parse(text).films[0]
    assert (film.title, film.year, film.stars) == ("Matrix, The", 1999, Decimal("4.5"))


def test_title_may_carry_its_year() -> None:
    film = parse('title,rating\n"Matrix, The (1999)",4\n').films[0]
    assert (film.title, film.year) == ("The Matrix", 1999)


def test_ratings_above_five_count_to_ten() -> None:
    upload = parse("title,year,rating\nJaws,1975,8\nAlien,1979,3\n", "mine.csv")
    assert [film.stars for film in upload.films] == [Decimal("4.0"), Decimal("1.5")]
    assert say(upload.remarks[0]) == "mine.csv counts to ten: its ratings were halved."


def test_dates_alone_mean_seen() -> None:
    film = parse("imdbID,WatchedDate\ntt0133093,2020-01-31\n").films[0]
    assert (film.is_seen, film.stars) == (True, None)
    assert film.watched_at == datetime(2020, 1, 31, 12, tzinfo=UTC)


def test_bad_lines_are_named_and_the_others_read() -> None:
    upload = parse(
        make_csv(
            RATINGS,
            ["2020-02-01", "Jaws", 1975, "u", "11"],
            ["someday", "Alien", 1979, "u", "4"],
            ["2020-02-01", "Aliens", 86, "u", "4"],
            ["2999-01-01", "Dune", 2021, "u", "4"],
            ["2020-02-01", "Up", 2009, "u", "4"],
            ["2020-02-01", "", "", "u", "4"],
            ["2020-02-01", "Heat"],
        ),
        "ratings.csv",
    )
    assert [film.title for film in upload.films] == ["Up"]
    assert {problem["where"]: say(problem) for problem in upload.problems} == {
        "ratings.csv:2": "“11” is no rating from 0.5 to 10",
        "ratings.csv:3": "“someday” is no date such as 2024-03-31",
        "ratings.csv:4": "“86” is no year of a film",
        "ratings.csv:5": "“2999-01-01” is in the future",
        "ratings.csv:7": "the line names no film",
        "ratings.csv:8": "the line has 2 columns, its table has others",
    }


def test_lines_are_counted_over_line_breaks_in_quotes() -> None:
    text = 'title,year,rating,notes\nJaws,1975,4,"one\ntwo"\nAlien,1979,x,\n'
    assert parse(text, "a.csv").problems[0]["where"] == "a.csv:4"


def test_open_quote_refuses_the_file_and_names_the_line() -> None:
    text = 'title,year,rating\nJaws,1975,4\n"Alien,1979,4\nHeat,1995,4\n'
    assert "a.csv, line 3" in refuse(text, "a.csv")


def test_lone_letterboxd_file_that_may_be_either_is_asked_about() -> None:
    text = make_csv(WATCHED, ["2020-02-01", "Jaws", 1975, "u"])
    assert parse(text, "watched.csv").films[0].is_seen
    assert parse(text, "watchlist-1.csv").films[0].is_listed
    assert "upload the whole zip" in refuse(text, "films.csv")


def test_later_of_two_ratings_of_one_film_counts() -> None:
    text = make_csv(
        DIARY,
        ["2021-05-02", "Jaws", 1975, "u", "4", "", "", "2021-05-01"],
        ["2022-05-02", "Jaws", 1975, "v", "2", "Yes", "", "2022-05-01"],
        ["2023-05-02", "Jaws", 1975, "w", "", "Yes", "", "2020-05-01"],
    )
    film = parse(text).films[0]
    assert film.stars == 2
    assert film.watched_at == datetime(2022, 5, 1, 12, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet=TITLE_CHARACTERS, max_size=30),
            st.text(alphabet="0123456789.-,", max_size=5),
            st.text(alphabet="0123456789.,xX", max_size=4),
        ),
        max_size=8,
    )
)
def test_any_table_is_read_or_refused_politely(rows: list[tuple[str, str, str]]) -> None:
    text = make_csv("title,year,rating", *rows)
    try:
        upload = parse(text)
    except UploadRefusedError:
        return
    for film in upload.films:
        assert film.stars is None or (film.stars * 2 % 1 == 0 and 0.5 <= film.stars <= 5)
        assert film.year is None or 1870 <= film.year <= 2100
    assert len(upload.films) + upload.problem_count <= len(rows)
