"""Reads an operator's csv of which services have which films; all of it is taken, or nothing."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from catalog.fact_models import COUNTRY_PATTERN, Availability, Service, Source
from catalog.models import Movie
from catalog.services import bump_catalogue_version

REQUIRED = "service"
ID_COLUMNS = ("movie_id", "imdb_id", "tmdb_id")
OPTIONAL = ("country", "offer")
MAX_BYTES = 200 * 2**20
MAX_ERRORS = 20
CHUNK = 5000


class ServiceFileError(Exception):
    """The file cannot be taken; one line a problem, each with the number of its line."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    column: str
    film: str
    service: str
    country: str
    offer: str


@dataclass(slots=True)
class ServicesImported:
    """What an import did."""

    offers: int = 0
    films: int = 0
    services: list[str] = field(default_factory=list)
    new_services: int = 0


def import_services(*, path: Path) -> ServicesImported:
    """Take the offers of a csv in place of what earlier files said of its services and countries.

    Columns: `service` (a name), one or more of `movie_id`, `imdb_id`, `tmdb_id` (the first one
    filled names the film), and if wanted `country` (else the default one) and `offer`
    (subscription, free, ads, rent or buy; else subscription). What TMDB says is left alone.

    Raises:
        ServiceFileError: The file is no such csv, or names a film that the catalogue has not.
    """
    rows = _read(path)
    films = _find_films(rows)
    unknown = [
        f"line {row.line}: no movie has {row.column} {row.film}"
        for row in rows
        if (row.column, row.film) not in films
    ]
    _raise_if_any(unknown)
    return _store(rows, films)


def _read(path: Path) -> list[_Row]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ServiceFileError(f"{path} is larger than {MAX_BYTES // 2**20} MB")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(_parse(stream))
    except OSError as error:
        raise ServiceFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ServiceFileError(f"{path} is not text in UTF-8") from error


def _parse(stream: TextIO) -> Iterator[_Row]:
    """Yield the rows, or raise naming the lines that are wrong."""
    reader = csv.reader(stream, strict=True)
    problems: list[str] = []
    try:
        columns = _read_header(next(reader, []))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                yield _parse_row(reader.line_num, columns, cells)
            except ServiceFileError as error:
                problems.append(f"line {reader.line_num}: {error}")
                if len(problems) > MAX_ERRORS:
                    break
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    _raise_if_any(problems)


def _read_header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    known = {REQUIRED, *ID_COLUMNS, *OPTIONAL}
    if REQUIRED not in columns or not any(name in columns for name in ID_COLUMNS):
        raise ServiceFileError(
            f"line 1: the header must name {REQUIRED!r} and one of {', '.join(ID_COLUMNS)}; "
            f"it is {','.join(cells)[:100]!r}"
        )
    if len(set(columns)) < len(columns) or not known.issuperset(columns):
        wrong = next(name for name in columns if name not in known or columns.count(name) > 1)
        raise ServiceFileError(f"line 1: the column {wrong!r} is unknown or named twice")
    return columns


def _parse_row(line: int, columns: list[str], cells: list[str]) -> _Row:
    if len(cells) != len(columns):
        raise ServiceFileError(f"{len(cells)} cells, but the header has {len(columns)} columns")
    values = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
    column = next((name for name in ID_COLUMNS if values.get(name)), "")
    if not column:
        raise ServiceFileError("no id of a film")
    service = " ".join(values[REQUIRED].split())
    if not slugify(service) or len(service) > 60:
        raise ServiceFileError(f"{service!r} is no name of a service (letters, at most 60)")
    country = values.get("country", "").upper() or settings.SERVICE_COUNTRIES[0]
    if not re.fullmatch(COUNTRY_PATTERN, country):
        raise ServiceFileError(f"{country!r} is no country of two letters, such as DE")
    offer = values.get("offer", "").lower() or Availability.Offer.SUBSCRIPTION.value
    if offer not in Availability.Offer.values:
        allowed = ", ".join(Availability.Offer.values)
        raise ServiceFileError(f"{offer!r} is no offer; it must be one of {allowed}")
    return _Row(line, column, _clean_id(column, values[column]), service, country, offer)


def _clean_id(column: str, text: str) -> str:
    """Return an id as the catalogue writes it."""
    if column == "imdb_id":
        digits = text.removeprefix("tt")
        if digits.isascii() and digits.isdecimal() and len(digits) <= 10:
            return f"tt{int(digits):07d}"
    elif text.isascii() and text.isdecimal() and 0 < int(text) < 2**31:
        return str(int(text))
    raise ServiceFileError(f"{text!r} is no {column}")


def _raise_if_any(problems: list[str]) -> None:
    if problems:
        more = ["… and more"] if len(problems) > MAX_ERRORS else []
        raise ServiceFileError("\n".join([*problems[:MAX_ERRORS], *more]))


def _find_films(rows: list[_Row]) -> dict[tuple[str, str], list[int]]:
    """Return (column, id) → ids of the movies that have it."""
    found: dict[tuple[str, str], list[int]] = {}
    for column in ID_COLUMNS:
        wanted = sorted({row.film for row in rows if row.column == column})
        name = "pk" if column == "movie_id" else column
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            ids = Movie.objects.filter(**{f"{name}__in": part}).values_list(name, "pk")
            for film, pk in ids:
                found.setdefault((column, str(film)), []).append(pk)
    return found


@transaction.atomic
def _store(rows: list[_Row], films: dict[tuple[str, str], list[int]]) -> ServicesImported:
    """Replace what earlier files said of the services and countries of this one."""
    names = {slugify(row.service)[:60]: row.service for row in rows}
    known = set(Service.objects.filter(slug__in=names).values_list("slug", flat=True))
    new = [Service(slug=slug, name=name) for slug, name in names.items() if slug not in known]
    Service.objects.bulk_create(new, ignore_conflicts=True)
    ids = dict(Service.objects.filter(slug__in=names).values_list("slug", "pk"))
    offers = {
        (movie_id, ids[slugify(row.service)[:60]], row.country, row.offer)
        for row in rows
        for movie_id in films[row.column, row.film]
    }
    for service_id, country in sorted({(service, country) for _, service, country, _ in offers}):
        Availability.objects.filter(
            service_id=service_id, country=country, source=Source.OPERATOR
        ).delete()
    Availability.objects.bulk_create(
        (
            Availability(
                movie_id=movie,
                service_id=service,
                country=country,
                offer=offer,
                source=Source.OPERATOR,
            )
            for movie, service, country, offer in sorted(offers)
        ),
        batch_size=CHUNK,
    )
    bump_catalogue_version()
    films_named = len({movie_id for movie_id, *_ in offers})
    return ServicesImported(len(offers), films_named, sorted(names.values()), len(new))
