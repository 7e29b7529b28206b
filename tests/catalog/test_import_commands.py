import functools
import threading
from collections.abc import Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Movie, Rating
from catalog.movielens import download
from catalog.movielens.demo import DEMO_DIR, load_texts
from catalog.movielens.source import DatasetError
from catalog.movielens.statistics import get_statistics
from catalog.services import set_rating
from tests.catalog.dataset_folder import RATINGS_CSV, SMALL, write_folder, write_zip
from tests.catalog.factories import make_member, make_movie, read_catalogue_version

pytestmark = pytest.mark.django_db


def run(*args: Any) -> str:
    out = StringIO()
    call_command(*args, stdout=out, verbosity=0)
    return out.getvalue()


def test_command_imports_and_says_so(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", SMALL)
    assert "tiny: 4 ratings, 3 people, 2 tags" in run("import_movielens", folder)
    assert "nothing new" in run("import_movielens", folder)
    assert "other: 4 ratings" in run("import_movielens", folder, "--name", "other")


def test_command_names_the_malformed_line(tmp_path: Path) -> None:
    files = {**SMALL, "ratings.csv": RATINGS_CSV + "oops\n"}
    folder = write_folder(tmp_path / "tiny", files)
    with pytest.raises(CommandError, match=r"ratings\.csv:6: expected user id"):
        run("import_movielens", folder)


def test_command_wants_a_path_or_a_download() -> None:
    with pytest.raises(CommandError):
        run("import_movielens")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server of a folder with one small set."""
    write_zip(tmp_path / "ml-latest-small.zip", SMALL, inside="ml-latest-small/")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with HTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_set_is_downloaded_once_and_imported(
    server: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MOVIESHOW_HOME = tmp_path / "home"
    monkeypatch.setattr(download, "BASE_URL", server)
    path = download.download_dataset(name="latest-small", base_url=server)
    assert path == tmp_path / "home" / "downloads" / "ml-latest-small.zip"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (tmp_path / "ml-latest-small.zip").unlink()
    assert "ml-latest-small: 4 ratings" in run("import_movielens", "--download", "latest-small")


def test_failed_download_says_what_to_do(server: str, settings: Settings, tmp_path: Path) -> None:
    settings.MOVIESHOW_HOME = tmp_path / "home"
    with pytest.raises(DatasetError, match="fetch it yourself"):
        download.download_dataset(name="1m", base_url=server)
    assert list((tmp_path / "home" / "downloads").iterdir()) == []


def test_statistics_are_those_of_the_set(tmp_path: Path) -> None:
    run("import_movielens", write_folder(tmp_path / "tiny", SMALL))
    run("import_movielens", write_folder(tmp_path / "two", SMALL))
    member = make_member()
    set_rating(user=member, movie_id=1, stars=5)

    found = get_statistics("tiny")
    assert found is not None
    assert dict(found.as_rows()) == {
        "Total Ratings": "4",
        "Unique Movies": "3",
        "Unique Users": "2",
        "Avg Ratings/User": "2.0",
        "Sparsity": "33.33%",
        "Rating Scale": "0.5 - 5.0 (0.5 increments)",
        "Time Span": "2000 - 2006",
    }
    table = run("dataset_stats", "tiny")
    assert "| Total Ratings" in table
    assert "two" not in table
    assert "two" in run("dataset_stats")


def test_statistics_of_an_unknown_set_name_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No data set is loaded"):
        run("dataset_stats")
    run("import_movielens", write_folder(tmp_path / "tiny", SMALL))
    with pytest.raises(CommandError, match=r"ml-1m: .* Loaded: tiny"):
        run("dataset_stats", "ml-1m")


def test_demo_is_loaded_once_and_whole() -> None:
    assert "100,836 ratings" in run("load_demo")
    assert Movie.objects.count() == 9742
    assert User.objects.filter(dataset="ml-latest-small").count() == 610
    assert Rating.objects.count() == 100_836
    toy_story = Movie.objects.get(pk=1)
    assert toy_story.extract.startswith("Toy Story is a 1995 American")
    assert toy_story.wikipedia_page == "Toy_Story"
    assert Movie.objects.exclude(extract="").count() == 6009
    version = read_catalogue_version()

    with CaptureQueriesContext(connection) as queries:
        assert "loaded already" in run("load_demo")
    assert len(queries) <= 3
    assert "0 ratings" in run("load_demo", "--again")
    assert read_catalogue_version() == version


def test_texts_do_not_replace_those_there_are() -> None:
    movie = make_movie(1, "Toy Story", extract="Mine.")
    assert load_texts(path=DEMO_DIR / "wikipedia.jsonl.gz") == 0
    movie.refresh_from_db()
    assert movie.extract == "Mine."


def test_damaged_texts_are_named(tmp_path: Path) -> None:
    path = tmp_path / "wikipedia.jsonl.gz"
    path.write_text("no gzip")
    with pytest.raises(DatasetError, match=r"wikipedia\.jsonl\.gz"):
        load_texts(path=path)


def test_shipped_files_are_small_and_attributed() -> None:
    assert all(file.stat().st_size <= 2 * 2**20 for file in DEMO_DIR.rglob("*") if file.is_file())
    assert "Attribution-ShareAlike 4.0" in (DEMO_DIR / "README.md").read_text()
    assert "GroupLens" in (DEMO_DIR / "ml-latest-small" / "README.txt").read_text()
