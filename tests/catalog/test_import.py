from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from catalog.models import Genre, Movie, Rating, RatingEvent, Tag
from catalog.movielens import loading
from catalog.movielens.importing import ImportResult, import_dataset
from catalog.movielens.source import DatasetError
from catalog.signals import catalogue_changed
from tests.catalog.dataset_folder import (
    MOVIES_CSV,
    ONE_MILLION,
    RATINGS_CSV,
    SMALL,
    TAGS_CSV,
    write_folder,
    write_zip,
)
from tests.catalog.factories import add_movie, read_catalogue_version, read_history

pytestmark = pytest.mark.django_db


def history_of(dataset: str, user_id: int) -> list[tuple[int, float]]:
    person = User.objects.get(dataset=dataset, dataset_user_id=user_id)
    return [(movie_id, float(stars)) for movie_id, stars, _ in read_history(person.pk)]


def test_csv_set_is_imported_whole(tmp_path: Path) -> None:
    result = import_dataset(path=write_folder(tmp_path / "tiny", SMALL))

    assert (result.dataset, result.people, result.ratings, result.tags) == ("tiny", 3, 4, 2)
    matrix = Movie.objects.get(pk=2)
    assert (matrix.title, matrix.year, matrix.search_title) == ("The Matrix", 1999, "the matrix")
    assert (matrix.imdb_id, matrix.tmdb_id) == ("tt0133093", 603)
    assert {genre.name for genre in matrix.genres.all()} == {"Action", "Sci-Fi"}
    assert (matrix.rating_count, matrix.rating_mean) == (1, 5.0)
    amelie = Movie.objects.get(pk=3)
    assert amelie.title == "Amelie (Le Fabuleux destin d'Amélie Poulain)"
    assert amelie.tmdb_id is None
    untold = Movie.objects.get(pk=4)
    assert (untold.year, untold.imdb_id, untold.genres.count()) == (None, "", 0)
    assert set(Tag.objects.values_list("text", flat=True)) == {'red, or "blue" pill', "toys"}


def test_ties_of_time_keep_the_order_of_the_file(tmp_path: Path) -> None:
    import_dataset(path=write_folder(tmp_path / "tiny", SMALL))
    assert history_of("tiny", 1) == [(3, 3.5), (2, 5), (1, 0.5)]
    assert Rating.objects.get(movie_id=2).watched_at == datetime.fromtimestamp(964982703, UTC)


def test_imported_people_cannot_log_in_and_leave_no_events(tmp_path: Path) -> None:
    import_dataset(path=write_folder(tmp_path / "tiny", SMALL))
    person = User.objects.get(dataset="tiny", dataset_user_id=1)
    assert not person.is_active
    assert not person.has_usable_password()
    assert not person.is_member
    assert not RatingEvent.objects.exists()


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", SMALL)
    import_dataset(path=folder)
    version = read_catalogue_version()
    rows = list(Rating.objects.order_by("pk").values())
    movies = list(Movie.objects.order_by("pk").values())

    assert import_dataset(path=folder) == ImportResult(dataset="tiny")
    assert list(Rating.objects.order_by("pk").values()) == rows
    assert list(Movie.objects.order_by("pk").values()) == movies
    assert read_catalogue_version() == version


def test_changed_file_brings_its_changes_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", SMALL)
    import_dataset(path=folder)
    version = read_catalogue_version()
    changed = {
        "ratings.csv": RATINGS_CSV.replace("2,1,4.0", "2,1,1.5") + "3,2,2.0,1141415821\n",
        "movies.csv": MOVIES_CSV.replace("Action|Sci-Fi", "Sci-Fi|Thriller"),
    }
    result = import_dataset(path=write_folder(folder, changed))

    assert (result.people, result.ratings, result.tags) == (1, 2, 0)
    assert history_of("tiny", 2) == [(1, 1.5)]
    genres = Movie.objects.get(pk=2).genres.values_list("name", flat=True)
    assert set(genres) == {"Sci-Fi", "Thriller"}
    assert read_catalogue_version() == version + 1


def test_people_of_two_sets_with_one_id_are_two_people(tmp_path: Path) -> None:
    import_dataset(path=write_folder(tmp_path / "one", SMALL))
    import_dataset(path=write_folder(tmp_path / "two", SMALL))
    assert User.objects.filter(dataset_user_id=1).count() == 2
    assert Movie.objects.get(pk=2).rating_count == 2


def test_one_million_format_is_latin_1_and_renumbered(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "ml-1m", ONE_MILLION, encoding="latin-1")
    result = import_dataset(path=folder)

    assert result.ratings == 4
    assert history_of("ml-1m", 1) == [(1795, 2), (6918, 5), (5, 3)]
    assert history_of("ml-1m", 2) == [(1795, 1)]
    assert Movie.objects.get(pk=1795).title == "El Callejón de los milagros"
    assert not Movie.objects.filter(pk__in=[669, 1741]).exists()
    assert Genre.objects.filter(name="Children").exists()
    assert not Genre.objects.filter(name="Children's").exists()


def test_older_format_does_not_rewrite_known_movies(tmp_path: Path) -> None:
    import_dataset(path=write_folder(tmp_path / "new", SMALL))
    old = {"movies.dat": "1::Toy Story, A (1994)::Drama\n9::Nine (1999)::Drama\n"}
    import_dataset(path=write_folder(tmp_path / "old", old))

    toy_story = Movie.objects.get(pk=1)
    assert (toy_story.title, toy_story.year) == ("Toy Story", 1995)
    assert not toy_story.genres.filter(name="Drama").exists()
    assert Movie.objects.get(pk=9).title == "Nine"


def test_ten_million_format_has_half_stars_and_tags(tmp_path: Path) -> None:
    files = {
        "movies.dat": "1::Toy Story (1995)::Comedy\n",
        "ratings.dat": "1::1::3.5::838985046\n",
        "tags.dat": "1::1::excellent!::1215184630\n",
    }
    result = import_dataset(path=write_folder(tmp_path / "ml-10M100K", files))
    assert (result.ratings, result.tags) == (1, 1)
    assert history_of("ml-10M100K", 1) == [(1, 3.5)]


@pytest.mark.parametrize("inside", ["", "ml-tiny/"])
def test_zip_is_read_and_names_the_set(tmp_path: Path, inside: str) -> None:
    path = write_zip(tmp_path / "ml-tiny.zip", SMALL, inside=inside)
    result = import_dataset(path=path)
    assert (result.dataset, result.ratings) == ("ml-tiny", 4)


def test_gzipped_members_are_read(tmp_path: Path) -> None:
    zipped = {f"{name}.gz": text for name, text in SMALL.items()}
    assert import_dataset(path=write_folder(tmp_path / "folder", zipped)).ratings == 4
    assert import_dataset(path=write_zip(tmp_path / "zip.zip", zipped)).ratings == 4


def test_windows_newlines_quotes_and_trailing_blank_lines_are_read(tmp_path: Path) -> None:
    quoted = '"userId","movieId","rating","timestamp"\n"1","2","5.0","964982703"\n\n\n'
    files = {
        "movies.csv": "\ufeff" + MOVIES_CSV.replace("\n", "\r\n"),
        "ratings.csv": quoted.replace("\n", "\r\n"),
    }
    assert import_dataset(path=write_folder(tmp_path / "tiny", files)).ratings == 1


def test_movies_alone_are_a_set(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "meta", {"movies.csv": MOVIES_CSV})
    assert import_dataset(path=folder).people == 0
    assert Movie.objects.count() == 4


def test_many_blocks_and_batches_are_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.movielens.staging.BLOCK_BYTES", 40)
    monkeypatch.setattr(loading, "BATCH_ROWS", 3)
    rows = [f"{user},{movie},4.0,{user}\n" for user in range(1, 30) for movie in (3, 1, 2)]
    files = {
        "movies.csv": MOVIES_CSV,
        "ratings.csv": "userId,movieId,rating,timestamp\n" + "".join(rows),
    }
    assert import_dataset(path=write_folder(tmp_path / "tiny", files)).ratings == 87
    assert [movie for movie, _ in history_of("tiny", 29)] == [3, 1, 2]


BAD_LINES = [
    ("ratings.csv", RATINGS_CSV + "3,1,4.5\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,4.5,1,1\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,4.3,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,5.5,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,NaN,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "\n3,1,4.0,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "three,1,4.0,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "0,1,4.0,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,4.0,-1\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,99,4.0,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "3,1,4.0,99999999999999999999\n", 6),
    ("ratings.csv", RATINGS_CSV + "\\N,1,4.0,964982703\n", 6),
    ("ratings.csv", RATINGS_CSV + "\\.\n3,1,4.0,964982703\n", 6),
    ("ratings.csv", "user,movie,rating,time\n1,1,4.0,1\n", 1),
    ("movies.csv", MOVIES_CSV + "five,Five (2005),Drama\n", 6),
    ("movies.csv", MOVIES_CSV + "5,Five (2005)\n", 6),
    ("movies.csv", MOVIES_CSV + "1000000,Million (2005),Drama\n", 6),
    ("movies.csv", MOVIES_CSV + '5,"Five (2005),Drama\n', 6),
    ("movies.csv", MOVIES_CSV + f"5,{'x' * 501},Drama\n", 6),
    ("movies.csv", MOVIES_CSV + f"5,Five,{'x' * 41}\n", 6),
    ("movies.csv", MOVIES_CSV + "5,Fi\x00ve,Drama\n", 6),
    ("links.csv", "movieId,imdbId,tmdbId\n1,imdb,862\n", 2),
    ("tags.csv", TAGS_CSV + "1,2,late,yesterday\n", 4),
    ("tags.csv", TAGS_CSV + "1,77,unknown,1\n", 4),
]


@pytest.mark.parametrize(("name", "text", "line"), BAD_LINES)
def test_malformed_line_is_named_and_nothing_imported(
    tmp_path: Path, name: str, text: str, line: int
) -> None:
    folder = write_folder(tmp_path / "bad", {**SMALL, name: text})
    with pytest.raises(DatasetError) as raised:
        import_dataset(path=folder)
    assert str(raised.value).startswith(f"{folder / name}:{line}: ")
    assert not Movie.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("ratings.dat", "1::5::3::978300760\n1,5,3,978300760\n", 2),
        ("ratings.dat", "1::5::3::978300760\n1:5:3:978300760\n", 2),
        ("ratings.dat", "1::5::6::978300760\n", 1),
        ("movies.dat", "5::Toys (1992)::Children's\n6::Six\n", 2),
        ("renumbered.csv", "ml1m_movie_id,movie_id\n669;6918\n", 2),
    ],
)
def test_malformed_line_of_the_older_format_is_named(
    tmp_path: Path, name: str, text: str, line: int
) -> None:
    folder = write_folder(tmp_path / "bad", {**ONE_MILLION, name: text}, encoding="latin-1")
    with pytest.raises(DatasetError, match=rf"{name}:{line}: expected"):
        import_dataset(path=folder)
    assert not Movie.objects.exists()


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "bad", SMALL)
    (folder / "movies.csv").write_bytes(b"movieId,title,genres\n1,Am\xe9lie (2001),Drama\n")
    with pytest.raises(DatasetError, match=r"movies.csv:2: expected text in utf-8"):
        import_dataset(path=folder)


def test_import_cut_short_leaves_nothing(tmp_path: Path) -> None:
    def stop(**_kwargs: Any) -> None:  # the last thing an import does is to tell of it
        assert Rating.objects.count() == 4
        raise KeyboardInterrupt

    catalogue_changed.connect(stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            import_dataset(path=write_folder(tmp_path / "tiny", SMALL))
    finally:
        catalogue_changed.disconnect(stop)
    assert not Movie.objects.exists()
    assert not Rating.objects.exists()
    assert not User.objects.exists()
    assert not Genre.objects.exists()


def test_movies_added_by_hand_are_left_alone(tmp_path: Path) -> None:
    mine = add_movie("Mine", year=2026)
    import_dataset(path=write_folder(tmp_path / "tiny", SMALL))
    mine.refresh_from_db()
    assert mine.title == "Mine"


def test_temporary_tables_are_gone_afterwards(tmp_path: Path) -> None:
    import_dataset(path=write_folder(tmp_path / "tiny", SMALL))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'staged_%'")
        assert cursor.fetchone() == (0,)


def test_duplicate_rows_keep_the_earlier_rating(tmp_path: Path) -> None:
    doubled = RATINGS_CSV + "2,1,1.0,1141415819\n2,1,2.0,1141415820\n"
    import_dataset(path=write_folder(tmp_path / "tiny", {**SMALL, "ratings.csv": doubled}))
    assert history_of("tiny", 2) == [(1, 1)]
