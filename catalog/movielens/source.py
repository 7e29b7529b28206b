"""Where a data set lies: a folder or a zip, its files plain or gzip, read within limits."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

SUFFIXES = (".csv", ".csv.gz", ".dat", ".dat.gz")
# MovieLens 32M's ratings are 0.9 GB; what unpacks to far more, or far too well, is no data set.
MAX_MEMBER_BYTES = 8 * 2**30
MAX_RATIO = 100
RATIO_FREE_BYTES = 16 * 2**20
MAX_ZIP_MEMBERS = 10_000
BUFFER_BYTES = 2**20

ReadListener = Callable[[int], object]


class DatasetError(Exception):
    """A data set cannot be imported; the message names the file and, where it is one, the line."""


@dataclass(frozen=True)
class Member:
    """One file of a data set; `size` is in bytes as stored on disk (in a zip: unpacked)."""

    label: str
    size: int
    is_csv: bool
    is_gzip: bool
    open_raw: Callable[[], IO[bytes]]

    @contextmanager
    def open(self, on_read: ReadListener = lambda _: None) -> Iterator[io.BufferedReader]:
        """Open for reading; `on_read` hears of stored bytes as they are used, up to `size`.

        Raises:
            DatasetError: The file cannot be opened or read, is damaged, or unpacks to too much.
        """
        try:
            with self.open_raw() as raw:
                stream = LimitedStream(raw, member=self, on_read=on_read)
                yield io.BufferedReader(stream, BUFFER_BYTES)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            # RuntimeError is how zipfile says that a member is encrypted.
            raise DatasetError(f"{self.label}: cannot be read ({error}).") from error


class CountingReader(io.RawIOBase):
    """Passes bytes on and counts them."""

    def __init__(self, raw: IO[bytes], on_read: ReadListener) -> None:
        super().__init__()
        self.raw, self.on_read, self.count = raw, on_read, 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer; return how many bytes came."""
        data = self.raw.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        self.on_read(len(data))
        return len(data)


class LimitedStream(io.RawIOBase):
    """A member's bytes, unpacked, that refuse to grow beyond measure."""

    def __init__(self, raw: IO[bytes], *, member: Member, on_read: ReadListener) -> None:
        super().__init__()
        self.stored = CountingReader(raw, on_read)
        buffered = io.BufferedReader(self.stored, BUFFER_BYTES)
        self.source: IO[bytes] = (
            gzip.GzipFile(fileobj=buffered, mode="rb")  # type: ignore[assignment]
            if member.is_gzip
            else buffered
        )
        self.label, self.produced = member.label, 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer; return how many bytes came.

        Raises:
            DatasetError: The file unpacks to too much.
        """
        data = self.source.read(len(buffer))
        buffer[: len(data)] = data
        self.produced += len(data)
        if self.produced > MAX_MEMBER_BYTES:
            raise DatasetError(f"{self.label}: is larger than {MAX_MEMBER_BYTES >> 30} GiB.")
        if self.produced > RATIO_FREE_BYTES + MAX_RATIO * self.stored.count:
            raise DatasetError(f"{self.label}: unpacks to over {MAX_RATIO} times its size.")
        return len(data)


class Source:
    """The files of one data set, found by their stem: `movies`, `ratings`, `tags`, `links`."""

    def __init__(self, *, path: Path, members: dict[str, Member]) -> None:
        self.path, self.members = path, members

    def find(self, stem: str) -> Member | None:
        """Return the file of this stem, `.csv` before `.dat`, plain before `.gz`; None: no such."""
        return next(
            (self.members[stem + end] for end in SUFFIXES if stem + end in self.members), None
        )

    @property
    def default_name(self) -> str:
        """The folder's or zip's name, without `.zip`."""
        resolved = self.path.resolve()
        return resolved.name if resolved.is_dir() else resolved.stem


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a folder or a zip that holds a data set.

    Raises:
        DatasetError: There is none.
    """
    if path.is_dir():
        yield _check(Source(path=path, members=_list_folder(path)))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _check(Source(path=path, members=_list_zip(path, archive)))
    elif path.exists():
        raise DatasetError(f"{path}: is neither a folder nor a zip; give one or the other.")
    else:
        raise DatasetError(f"{path}: does not exist; give a MovieLens folder or zip.")


def _check(source: Source) -> Source:
    if source.find("movies") is None and source.find("ratings") is None:
        raise DatasetError(
            f"{source.path}: holds neither movies nor ratings ({', '.join(SUFFIXES)}); "
            "give the folder or zip of a MovieLens set."
        )
    return source


def _list_folder(path: Path) -> dict[str, Member]:
    return {
        file.name: Member(
            label=str(file),
            size=file.stat().st_size,
            is_csv=".csv" in file.suffixes,
            is_gzip=file.suffix == ".gz",
            open_raw=lambda file=file: file.open("rb"),  # type: ignore[misc]
        )
        for file in path.iterdir()
        if file.is_file()
    }


def _list_zip(path: Path, archive: zipfile.ZipFile) -> dict[str, Member]:
    """List the folder inside the zip that is nearest to its top and holds movies or ratings."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_ZIP_MEMBERS:
        raise DatasetError(f"{path}: holds {len(infos)} files; a data set has a few.")
    wanted = {stem + end for stem in ("movies", "ratings") for end in SUFFIXES}
    folders = {PurePosixPath(info.filename).parent for info in infos if _base(info) in wanted}
    if not folders:
        return {}
    top = min(folders, key=lambda folder: (len(folder.parts), str(folder)))
    return {
        _base(info): _zip_member(path, archive, info)
        for info in infos
        if PurePosixPath(info.filename).parent == top
    }


def _base(info: zipfile.ZipInfo) -> str:
    return PurePosixPath(info.filename).name


def _zip_member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    label = f"{path}:{info.filename}"
    if info.file_size > RATIO_FREE_BYTES + MAX_RATIO * info.compress_size:
        raise DatasetError(f"{label}: unpacks to over {MAX_RATIO} times its size.")
    suffixes = PurePosixPath(info.filename).suffixes
    return Member(
        label=label,
        size=info.file_size,
        is_csv=".csv" in suffixes,
        is_gzip=suffixes[-1:] == [".gz"],
        open_raw=lambda: archive.open(info),
    )
