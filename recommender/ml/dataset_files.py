"""Readers of the files of a MovieLens data set: fast when they are well formed, exact when not."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.ml.errors import UsageError

NUM_FIELDS = 4
MAX_FIELD_BYTES = 20
CSV_HEADER = b"userId,movieId,rating,timestamp"
MAX_ID = 2**31 - 1
YEAR_AT_END = re.compile(r"\s*\((\d{4})\)\s*$")
GENRE_NAMES = {"Children's": "Children"}
NO_GENRES = "(no genres listed)"


class DatasetError(UsageError):
    """A data set cannot be read; the message names the file and line and says what to do."""


@dataclass(frozen=True)
class RatingRows:
    """Columns of a ratings file, in file order: ids int32, rating float32, timestamp int64."""

    user_id: NDArray[np.int32]
    movie_id: NDArray[np.int32]
    rating: NDArray[np.float32]
    timestamp: NDArray[np.int64]

    def take(self, rows: NDArray[np.intp]) -> RatingRows:
        """Return the rows at the places `rows`."""
        return RatingRows(
            self.user_id[rows], self.movie_id[rows], self.rating[rows], self.timestamp[rows]
        )


@dataclass(frozen=True)
class MovieRow:
    """One line of a movies file."""

    movie_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]


def expand_directories(directories: Sequence[Path], members: Sequence[str]) -> list[Path]:
    """Return the data set folders among `directories` and, where one is not, inside it.

    Raises:
        DatasetError: None were given, or one has no such member in it or one level below.
    """
    if not directories:
        msg = "no data folder was given; name one or more MovieLens folders"
        raise DatasetError(msg)
    found: list[Path] = []
    for directory in (Path(given).resolve() for given in directories):
        if not directory.is_dir():
            msg = f"{directory}: not a folder; give the folder that holds {members[0]}"
            raise DatasetError(msg)
        candidates = [directory]
        if not _has_member(directory, members):
            candidates = sorted(path for path in directory.iterdir() if path.is_dir())
        kept = [path for path in candidates if _has_member(path, members)]
        if not kept:
            msg = f"{directory}: holds none of {', '.join(members)}; unpack a MovieLens set there"
            raise DatasetError(msg)
        found.extend(kept)
    return found


def _has_member(directory: Path, members: Sequence[str]) -> bool:
    return any((directory / member).is_file() for member in members)


def find_member(directory: Path, members: Sequence[str]) -> Path:
    """Return the first of `members` that lies in `directory`.

    Raises:
        DatasetError: There is none.
    """
    for member in members:
        if (directory / member).is_file():
            return directory / member
    msg = f"{directory}: holds none of {', '.join(members)}; unpack a MovieLens set there"
    raise DatasetError(msg)


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{path}: cannot be read ({error}); download the file again"
        raise DatasetError(msg) from error


def read_rating_rows(path: Path) -> RatingRows:
    """Read `userId,movieId,rating,timestamp` (CSV with header) or `::` separated rows.

    Raises:
        DatasetError: The file is empty, cannot be read, or a line is malformed.
    """
    is_csv = ".csv" in path.suffixes
    body, first_line = _read_bytes(path).replace(b"\r\n", b"\n"), 1
    if is_csv:
        header, _, body = body.partition(b"\n")
        if header.removeprefix(b"\xef\xbb\xbf").replace(b'"', b"").strip() != CSV_HEADER:
            msg = f"{path}:1: expected the header {CSV_HEADER.decode()}"
            raise DatasetError(msg)
        first_line = 2
    if not body.strip():
        msg = f"{path}: has no ratings; download the file again"
        raise DatasetError(msg)
    separator = b"," if is_csv else b"::"
    values = _parse_fast(body, separator)
    if values is None or not _are_ratings(values):
        values = _parse_by_line(path, body, separator, first_line)
    return RatingRows(
        user_id=values[:, 0].astype(np.int32),
        movie_id=values[:, 1].astype(np.int32),
        rating=values[:, 2].astype(np.float32),
        timestamp=values[:, 3].astype(np.int64),
    )


def _parse_fast(body: bytes, separator: bytes) -> NDArray[np.float64] | None:
    """Parse well-formed rows to (N, 4) float64, exact up to 2^53; None: read them by line."""
    text = body.rstrip(b"\n")
    if separator != b",":
        if b"," in text:
            return None
        text = text.replace(separator, b",")
    if text.translate(None, b"0123456789.,\n"):
        return None
    marks = np.frombuffer(text.translate(None, b"0123456789."), dtype=np.uint8)
    row_marks = np.frombuffer(b",,,\n", dtype=np.uint8)
    if (len(marks) + 1) % NUM_FIELDS or np.any(marks != np.resize(row_marks, len(marks))):
        return None
    if any(empty in text for empty in (b",,", b",\n", b"\n,")) or text.startswith(b","):
        return None
    fields = text.replace(b"\n", b",").split(b",")
    if max(map(len, fields)) > MAX_FIELD_BYTES:  # the array below is as wide as the widest
        return None
    try:
        values = np.array(fields, dtype=np.bytes_).astype(np.float64)
    except ValueError:
        return None
    return values.reshape(-1, NUM_FIELDS)


def _are_ratings(values: NDArray[np.float64]) -> bool:
    """Tell whether every row of (N, 4) has ids 1..2^31-1, stars 0.5..5.0 by 0.5, whole seconds."""
    ids, stars, seconds = values[:, :2], values[:, 2], values[:, 3]
    is_id = (ids >= 1) & (ids <= MAX_ID) & (ids == np.floor(ids))
    is_stars = (stars >= 0.5) & (stars <= 5.0) & (stars * 2 == np.floor(stars * 2))
    is_time = (seconds >= 0) & (seconds < 2**53) & (seconds == np.floor(seconds))
    return bool(is_id.all() and is_stars.all() and is_time.all())


def _parse_by_line(
    path: Path, body: bytes, separator: bytes, first_line: int
) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    for number, line in enumerate(body.split(b"\n"), start=first_line):
        if not line.strip():
            continue
        fields = [text.strip().strip(b'"') for text in line.split(separator)]
        try:
            row = [float(text) for text in fields]
        except ValueError:
            row = []
        if len(row) != NUM_FIELDS or not _are_ratings(np.array([row])):
            shown = line[:60].decode("utf-8", "replace")
            msg = (
                f"{path}:{number}: expected user, movie, rating 0.5-5.0 by 0.5, unix time "
                f"with {separator.decode()!r} between, found {shown!r}; mend or remove the line"
            )
            raise DatasetError(msg)
        rows.append(row)
    return np.array(rows, dtype=np.float64)


def read_renumbering(directory: Path) -> dict[int, int]:
    """Read `renumbered.csv` (old id, id in the shared numbering); empty where there is none.

    Raises:
        DatasetError: A line is malformed.
    """
    path = directory / "renumbered.csv"
    if not path.is_file():
        return {}
    pairs: dict[int, int] = {}
    for number, line in enumerate(_read_bytes(path).decode().splitlines()[1:], start=2):
        old, _, new = line.partition(",")
        if not (old.strip().isdecimal() and new.strip().isdecimal()):
            msg = f"{path}:{number}: expected two movie ids, found {line!r}; mend the line"
            raise DatasetError(msg)
        pairs[int(old)] = int(new)
    return pairs


def read_movie_rows(path: Path) -> Iterator[MovieRow]:
    """Yield the movies of `movies.csv` (UTF-8) or `movies.dat` (`::`, Latin-1), plain or gzip.

    Raises:
        DatasetError: The file cannot be read or a line is malformed.
    """
    raw = _read_bytes(path)
    is_csv = ".csv" in path.suffixes
    text = raw.decode("utf-8-sig" if is_csv else "latin-1", "replace")
    rows = _csv_rows(text) if is_csv else _dat_rows(text)
    for number, fields in rows:
        if len(fields) != 3 or not fields[0].isdecimal():
            msg = f"{path}:{number}: expected movie id, title, genres; mend or remove the line"
            raise DatasetError(msg)
        year = YEAR_AT_END.search(fields[1])
        genres = [GENRE_NAMES.get(name, name) for name in fields[2].strip().split("|")]
        yield MovieRow(
            movie_id=int(fields[0]),
            title=YEAR_AT_END.sub("", fields[1]).strip(),
            year=int(year.group(1)) if year else None,
            genres=tuple(name for name in genres if name and name != NO_GENRES),
        )


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text))
    next(reader, None)
    for fields in reader:
        if fields:
            yield reader.line_num, fields


def _dat_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r").split("::")
