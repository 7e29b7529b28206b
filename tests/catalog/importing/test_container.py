import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.importing.container import MAX_UPLOAD_BYTES
from catalog.importing.contents import Upload
from catalog.importing.notes import UploadRefusedError, say
from catalog.importing.parsing import MAX_ROWS, parse_upload
from tests.catalog.importing.exports import (
    make_zip,
)


def parse(content: str | bytes, name: str = "upload") -> Upload:
    return parse_upload(content.encode() if isinstance(content, str) else content, name=name)


def refuse(content: str | bytes, name: str = "upload") -> str:
    with pytest.raises(UploadRefusedError) as caught:
        parse(content, name)
    assert say(caught.value.note) == str(caught.value)
    return str(caught.value)


def test_latin_1_is_read_and_said() -> None:
    upload = parse("title,year,rating\nAmélie,2001,4\n".encode("latin-1"), "a.csv")
    assert upload.films[0].title == "Amélie"
    assert "Latin-1" in say(upload.remarks[0])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marked_encodings_are_read(encoding: str) -> None:
    upload = parse("title,year,rating\nAmélie,2001,4\n".encode(encoding))
    assert upload.films[0].title == "Amélie"
    assert not upload.remarks


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "is no text"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"hello there\nthis is a letter\n", "No films were found"),
        (b"{}", "No films were found"),
        (b"[1, 2", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"ratings": "many"}', "No films were found"),
        (make_zip({"a.txt": "hello"}), "No films were found"),
        (make_zip({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "spreadsheet"),
        (b"title,year,rating\n,,\nJaws,1975,many\n", "No line of it could be read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    assert reason in refuse(content)


def test_upload_of_too_many_bytes_is_refused() -> None:
    assert "more than 20 MiB" in refuse(b"x" * (MAX_UPLOAD_BYTES + 1))


def test_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    assert "times its size" in refuse(make_zip({"ratings.csv": b"0" * 30_000_000}))


def test_zip_that_lies_about_its_size_is_refused() -> None:
    packed = bytearray(make_zip({"ratings.csv": b"a,b\n" * 3_000_000}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = packed.index(mark) + offset
        packed[at : at + 4] = (1000).to_bytes(4, "little")
    assert refuse(bytes(packed))


def test_zip_of_too_many_files_is_refused() -> None:
    assert "1500 files" in refuse(make_zip({f"{number}.csv": "" for number in range(1500)}))


def test_locked_zip_is_refused() -> None:
    packed = bytearray(make_zip({"ratings.csv": "title,rating\n"}))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        packed[packed.index(mark) + offset] |= 1
    assert "password" in refuse(bytes(packed))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_zip_of_a_rare_method_is_refused_before_it_is_unpacked(method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("ratings.csv", "title,year,rating\nJaws,1975,4\n")
    assert "rare way" in refuse(packed.getvalue())


def test_zip_whose_names_or_headers_are_broken_is_refused() -> None:
    packed = make_zip({"é.csv": "title,year,rating\nJaws,1975,4\n"})
    assert "damaged" in refuse(packed.replace("é".encode(), b"\xff\xff"))
    moved = bytearray(packed)
    at = packed.index(b"PK\x01\x02") + 42
    moved[at : at + 4] = (len(packed) - 10).to_bytes(4, "little")
    assert "damaged" in refuse(bytes(moved))


def test_ten_million_lines_are_refused() -> None:
    lines = io.BytesIO()
    with zipfile.ZipFile(lines, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ratings.csv", b"movieId,rating\n" + b"1,4\n" * (MAX_ROWS + 1))
    assert "more than 100,000 lines" in refuse(lines.getvalue())
    packed = make_zip({"ratings.csv": b"movieId,rating\n" + b"1,4\n" * 10_000_000})
    assert "times its size" in refuse(packed)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"[{", b"title,rating\n"]))
def test_any_bytes_are_read_or_refused_politely(content: bytes, start: bytes) -> None:
    try:
        parse(start + content)
    except UploadRefusedError as error:
        assert say(error.note)
