"""What the site knows of one person: apps register how to export it and how to erase it.

An app registers from its ``AppConfig.ready``. Rows that hang on the person by a cascading foreign
key need no eraser: they go with the row of the person.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import User

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of a person's data; `pieces` of its text are made as they are read."""

    name: str
    pieces: Iterable[str]


class _ExactEncoder(DjangoJSONEncoder):
    """Writes times to the microsecond: the order of a history hangs on them."""

    def default(self, o: object) -> object:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


Exporter = Callable[[User], Iterable[ExportedFile]]
Eraser = Callable[[User], None]
_exporters: dict[str, Exporter] = {}
_erasers: dict[str, Eraser] = {}


def register_exporter(name: str, exporter: Exporter) -> None:
    """Have exports hold the files that `exporter` returns for a person.

    Raises:
        ImproperlyConfigured: Another exporter has this name.
    """
    if _exporters.setdefault(name, exporter) is not exporter:
        raise ImproperlyConfigured(f"two exporters are called {name!r}")


def register_eraser(name: str, eraser: Eraser) -> None:
    """Have `eraser` called before a person's row is deleted, inside the same transaction.

    It removes what does not go with the row: files, entries of caches and queues. What cannot be
    rolled back it does on commit.

    Raises:
        ImproperlyConfigured: Another eraser has this name.
    """
    if _erasers.setdefault(name, eraser) is not eraser:
        raise ImproperlyConfigured(f"two erasers are called {name!r}")


def collect_files(*, user: User) -> Iterator[ExportedFile]:
    """Yield all files of a person's data, of one app after the other."""
    for exporter in _exporters.values():
        yield from exporter(user)


def run_erasers(*, user: User) -> None:
    """Call all erasers for a person, in the caller's transaction."""
    for eraser in _erasers.values():
        eraser(user)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table as CSV, some hundred rows a piece."""
    remaining = iter(rows)
    chunk: list[Sequence[object]] = [header]
    while chunk:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(chunk)
        yield text.getvalue()
        chunk = list(islice(remaining, ROWS_AT_ONCE))


def split_csv(
    stem: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, most_bytes: int
) -> Iterator[ExportedFile]:
    """Yield a table as CSV files of at most so many bytes each, the header above each of them.

    All that fits is in `stem`.csv; what follows is in `stem`-2.csv, and so on. One file at a time
    is in memory. A row that is longer alone has a file of its own.
    """
    top, number = _write_line(header), 1
    lines, size = [top], len(top.encode())
    for row in rows:
        line = _write_line(row)
        if len(lines) > 1 and size + len(line.encode()) > most_bytes:
            yield ExportedFile(_number_file(stem, number), ["".join(lines)])
            lines, size, number = [top], len(top.encode()), number + 1
        lines.append(line)
        size += len(line.encode())
    yield ExportedFile(_number_file(stem, number), ["".join(lines)])


def _number_file(stem: str, number: int) -> str:
    return f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv"


def _write_line(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def write_json(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield a list of objects as JSON, one a line."""
    yield "["
    separator = "\n"
    for row in rows:
        yield separator + json.dumps(row, cls=_ExactEncoder, ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n"
