import gzip
import zipfile
from pathlib import Path

import pytest

from catalog.movielens import source
from catalog.movielens.importing import import_dataset
from catalog.movielens.rows import read_movies
from catalog.movielens.source import DatasetError, open_source
from tests.catalog.dataset_folder import MOVIES_CSV, SMALL, write_folder, write_zip


def read_all(path: Path, stem: str) -> bytes:
    with open_source(path) as found:
        member = found.find(stem)
        assert member is not None
        with member.open() as stream:
            return stream.read()


@pytest.mark.parametrize("kind", ["missing", "file", "empty"])
def test_path_without_a_set_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "file":
        path.write_text("hello")
    elif kind == "empty":
        path.mkdir()
    with pytest.raises(DatasetError, match=str(path)), open_source(path):
        pass


def test_zip_with_folders_is_read_from_the_one_nearest_its_top(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "a.zip",
        {
            "__MACOSX/deep/movies.csv": "no",
            "top/movies.csv": "yes",
            "top/README.txt": "x",
        },
    )
    assert read_all(path, "movies") == b"yes"


def test_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RATIO_FREE_BYTES", 2**20)
    folder = write_folder(tmp_path / "bomb", {})
    (folder / "movies.csv.gz").write_bytes(gzip.compress(b"\n" * 20_000_000))
    with pytest.raises(DatasetError, match="unpacks to over 100 times"):
        read_all(folder, "movies")


def test_zip_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("movies.csv", b"\n" * 40_000_000)
    with pytest.raises(DatasetError, match="unpacks to over 100 times"):
        read_all(path, "movies")


def test_gzip_inside_a_zip_is_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RATIO_FREE_BYTES", 2**20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("movies.csv.gz", gzip.compress(b"\n" * 20_000_000))
    with pytest.raises(DatasetError, match="unpacks to over 100 times"):
        read_all(path, "movies")


def test_zip_of_very_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_ZIP_MEMBERS", 3)
    with (
        pytest.raises(DatasetError, match="4 files"),
        open_source(write_zip(tmp_path / "a.zip", SMALL)),
    ):
        pass


def test_huge_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_MEMBER_BYTES", 10)
    with pytest.raises(DatasetError, match="is larger than"):
        read_all(write_folder(tmp_path / "a", SMALL), "movies")


@pytest.mark.django_db
def test_truncated_gzip_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "cut", {"movies.csv": MOVIES_CSV})
    whole = gzip.compress(b"userId,movieId,rating,timestamp\n" + b"1,1,4.0,1\n" * 999)
    (folder / "ratings.csv.gz").write_bytes(whole[:-20])
    with pytest.raises(DatasetError, match=r"ratings.csv.gz: cannot be read"):
        import_dataset(path=folder)


@pytest.mark.django_db
def test_damaged_zip_member_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", SMALL)
    raw = bytearray(path.read_bytes())
    place = raw.index(b"movies.csv") + len("movies.csv") + 20
    raw[place : place + 8] = b"\xff" * 8
    path.write_bytes(raw)
    with pytest.raises(DatasetError, match=r"movies.csv: cannot be read"):
        import_dataset(path=path)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["my data", "a/b", "x" * 65, "a:b"])
def test_name_that_does_not_do_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="--name"):
        import_dataset(path=write_folder(tmp_path / "tiny", SMALL), name=name)


def test_line_without_end_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", {"movies.csv": "movieId,title,genres\n" + "x" * 70_000})
    with open_source(folder) as found:
        member = found.find("movies")
        assert member is not None
        with pytest.raises(DatasetError, match=r"movies.csv:2: expected a line of under"):
            list(read_movies(member))
