"""What cannot be read is refused with words on the page, and nothing of it is kept."""

import html
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from catalog.importing.parsing import MAX_ROWS
from catalog.importing.working import work_imports
from catalog.models import HistoryImport, ImportedFilm, Rating
from tests.catalog.factories import make_movie
from tests.catalog.importing.exports import make_zip
from tests.catalog.test_import_views import upload
from tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def write_millions(count: int) -> bytes:
    return b"movieId,rating\n" + b"1,4\n" * count


def store_in_zip(content: bytes) -> bytes:
    """Return a zip whose member is not made smaller, so that its size raises no doubt."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ratings.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"dear diary", "No films were found in it."),
        (
            lambda: make_zip({"ratings.csv": b"0" * 30_000_000}),
            "ratings.csv unpacks to over 100 times its size: that is no export.",
        ),
        (
            lambda: make_zip({"ratings.csv": write_millions(10_000_000)}),
            "ratings.csv unpacks to over 100 times its size: that is no export.",
        ),
        (
            lambda: store_in_zip(write_millions(MAX_ROWS + 1)),
            "The file has more than 100,000 lines: that is no history of one.",
        ),
    ],
    ids=["letter", "zip bomb", "ten million lines packed", "too many lines"],
)
def test_file_that_cannot_be_read_says_why(
    logged_in: Client, member: User, tmp_path: Path, make: Callable[[], bytes], reason: str
) -> None:
    make_movie(1, "Toy Story")
    assert upload(logged_in, make()).status_code == 302
    work_imports(user_id=member.pk)
    batch = HistoryImport.objects.get()
    page = html.unescape(read(logged_in, f"/import/{batch.pk}/"))
    assert reason in page
    assert batch.status == HistoryImport.Status.FAILED
    assert not Rating.objects.exists()
    assert not ImportedFilm.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_csv_of_ten_million_lines_is_stopped_while_it_comes(
    logged_in: Client, tmp_path: Path
) -> None:
    answer = upload(logged_in, write_millions(10_000_000))
    assert answer.status_code == 413
    assert "The file has more than 20 MiB." in answer.content.decode()
    assert not HistoryImport.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
