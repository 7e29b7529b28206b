"""Reading MovieLens' official formats."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ml.datasets import (
    DatasetError,
    MovieInfo,
    Vocabulary,
    load_interactions,
    load_movies,
)
from tests.ml.tiny_data import interactions_of, write_csv_set, write_dat_set


def test_csv_rows_are_grouped_by_person_and_sorted_by_time(tmp_path: Path) -> None:
    rows = [(7, 30, 4.0, 200), (3, 10, 0.5, 50), (7, 20, 5.0, 100), (3, 11, 3.5, 40)]
    loaded = load_interactions([write_csv_set(tmp_path / "latest", rows)])
    assert loaded.person_keys == [("latest", 3), ("latest", 7)]
    assert loaded.person.tolist() == [0, 0, 1, 1]
    assert loaded.movie_id.tolist() == [11, 10, 20, 30]
    assert loaded.rating.tolist() == [3.5, 0.5, 5.0, 4.0]
    assert loaded.timestamp.tolist() == [40, 50, 100, 200]
    assert loaded.offsets.tolist() == [0, 2, 4]
    assert loaded.history(1) == slice(2, 4)
    assert loaded.has_true_times.all()


def test_ties_in_time_keep_file_order(tmp_path: Path) -> None:
    rows = [(1, 9, 4.0, 100), (1, 2, 4.0, 100), (1, 5, 4.0, 99), (1, 1, 4.0, 100)]
    loaded = load_interactions([write_csv_set(tmp_path / "latest", rows)])
    assert loaded.movie_id.tolist() == [5, 9, 2, 1]


def test_dat_gz_is_renumbered_and_the_earlier_of_one_film_stays(tmp_path: Path) -> None:
    folder = write_dat_set(
        tmp_path / "ml-1m", [(1, 1795, 3, 10), (1, 557, 5, 20), (1, 1741, 4, 30), (2, 1741, 2, 5)]
    )
    (folder / "renumbered.csv").write_text("ml1m_movie_id,movie_id\n557,8739\n1741,1795\n")
    packed = gzip.compress((folder / "ratings.dat").read_bytes())
    (folder / "ratings.dat").unlink()
    (folder / "ratings.dat.gz").write_bytes(packed)
    loaded = load_interactions([folder])
    assert loaded.movie_id.tolist() == [1795, 8739, 1795]
    assert loaded.rating.tolist() == [3.0, 5.0, 2.0]
    assert loaded.order_only == {"ml-1m"}
    assert not loaded.has_true_times.any()


def test_same_user_id_in_two_sets_is_two_people(tmp_path: Path) -> None:
    write_csv_set(tmp_path / "a", [(1, 10, 4.0, 5)])
    write_csv_set(tmp_path / "b", [(1, 11, 4.0, 5)])
    loaded = load_interactions([tmp_path])
    assert loaded.person_keys == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "1,2,4.0",
        "1,2,4.0,5,6",
        "1,x,4.0,5",
        "1,2,4.2,5",
        "1,2,0.0,5",
        "1,2,5.5,5",
        "0,2,4.0,5",
        "1,2.5,4.0,5",
        "1,,4.0,5",
        "1,2,4.0,-5",
        "1,2,1.2.3,5",
        "1,99999999999,4.0,5",
        "1,2,nan,5",
        "1;2;4.0;5",
    ],
)
def test_malformed_line_is_named_with_file_and_number(tmp_path: Path, line: str) -> None:
    folder = write_csv_set(tmp_path / "latest", [(1, 2, 4.0, 5), (1, 3, 4.0, 6)])
    with (folder / "ratings.csv").open("a") as file:
        file.write(f"{line}\n1,4,4.0,7\n")
    with pytest.raises(DatasetError, match=r"ratings\.csv:4: expected user, movie, rating"):
        load_interactions([folder])


def test_windows_line_ends_blank_lines_and_quotes_are_read(tmp_path: Path) -> None:
    folder = write_csv_set(tmp_path / "latest", [])
    body = b'userId,movieId,rating,timestamp\r\n"1",2,4.0,5\r\n\r\n1,3,4.5,6\r\n'
    (folder / "ratings.csv").write_bytes(body)
    assert load_interactions([folder]).movie_id.tolist() == [2, 3]


def test_empty_folder_missing_folder_and_no_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds none of ratings\.csv"):
        load_interactions([tmp_path])
    with pytest.raises(DatasetError, match="not a folder"):
        load_interactions([tmp_path / "nowhere"])
    with pytest.raises(DatasetError, match="no data folder was given"):
        load_interactions([])


def test_wrong_header_empty_file_and_broken_gzip_are_clear_errors(tmp_path: Path) -> None:
    folder = write_csv_set(tmp_path / "latest", [])
    with pytest.raises(DatasetError, match=r"ratings\.csv: has no ratings"):
        load_interactions([folder])
    (folder / "ratings.csv").write_text("user;movie\n1,2,4.0,5\n")
    with pytest.raises(DatasetError, match=r"ratings\.csv:1: expected the header"):
        load_interactions([folder])
    (folder / "ratings.csv").unlink()
    whole = gzip.compress(b"userId,movieId,rating,timestamp\n1,2,4.0,5\n" * 50)
    (folder / "ratings.csv.gz").write_bytes(whole[:40])
    with pytest.raises(DatasetError, match=r"ratings\.csv\.gz: cannot be read"):
        load_interactions([folder])


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    folders = [write_csv_set(tmp_path / part / "latest", [(1, 2, 4.0, 5)]) for part in "ab"]
    with pytest.raises(DatasetError, match="two data sets are named 'latest'"):
        load_interactions(folders)


@given(
    rows=st.lists(
        st.tuples(
            st.integers(1, 5),
            st.integers(1, 2**31 - 1),
            st.integers(1, 10),
            st.integers(0, 2**40),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda row: (row[0], row[1]),
    )
)
def test_every_well_formed_row_survives_loading(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("any") / "set"
    loaded = load_interactions([write_csv_set(folder, [(u, m, r / 2, t) for u, m, r, t in rows])])
    keys = [loaded.person_keys[p][1] for p in loaded.person]
    columns = zip(keys, loaded.movie_id, loaded.rating, loaded.timestamp, strict=True)
    found = sorted((u, int(m), int(r * 2), int(t)) for u, m, r, t in columns)
    assert found == sorted(rows)
    same_person = np.diff(loaded.person) == 0
    assert (np.diff(loaded.timestamp)[same_person] >= 0).all()


def test_movies_have_title_year_and_genres_csv_sets_first(tmp_path: Path) -> None:
    write_dat_set(tmp_path / "a", [(1, 1, 4, 5)])
    write_csv_set(tmp_path / "b", [(1, 1, 4.0, 5)])
    movies = load_movies([tmp_path])
    assert movies[1] == MovieInfo("Toy Story", 1995, ("Adventure", "Animation", "Children"))
    assert movies[2].title == "American President, The"
    assert movies[3] == MovieInfo("Nameless", None, ())
    assert movies[6] == MovieInfo("Été, L'", 1968, ("Drama",))
    assert load_movies([tmp_path / "a"])[1].genres == ("Animation", "Children")


def test_malformed_movie_line_is_named(tmp_path: Path) -> None:
    folder = write_csv_set(tmp_path / "latest", [(1, 2, 4.0, 5)])
    (folder / "movies.csv").write_text("movieId,title,genres\n1,Toy Story (1995)\n")
    with pytest.raises(DatasetError, match=r"movies\.csv:2: expected movie id, title, genres"):
        load_movies([folder])


def test_vocabulary_numbers_known_movies_and_gives_zero_for_others() -> None:
    vocabulary = Vocabulary.build(interactions_of([[50, 7, 50 + 7], [7]]))
    assert vocabulary.movie_ids.tolist() == [0, 7, 50, 57]
    assert vocabulary.index_of([7, 50, 57, 8, 99, 0, -1]).tolist() == [1, 2, 3, 0, 0, 0, 0]
    assert vocabulary.index_of([7]).dtype == np.int32


def test_vocabulary_leaves_out_movies_below_the_least_number_of_ratings() -> None:
    vocabulary = Vocabulary.build(interactions_of([[50, 7], [7]]), min_ratings=2)
    assert vocabulary.movie_ids.tolist() == [0, 7]


def test_vocabulary_without_padding_or_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="must start with 0"):
        Vocabulary(np.array([1, 2]))
    with pytest.raises(ValueError, match="must start with 0"):
        Vocabulary(np.array([0, 3, 2]))


def test_selecting_people_renumbers_them_contiguously() -> None:
    chosen = interactions_of([[1], [2, 3], [4]]).select_people(np.array([True, False, True]))
    assert chosen.person.tolist() == [0, 1]
    assert chosen.movie_id.tolist() == [1, 4]
    assert chosen.person_keys == [("tiny", 1), ("tiny", 3)]
