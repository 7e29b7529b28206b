"""The cost of every page: CPU of web process and database, queries, bytes.

Measured in this process through Django's test client, all middleware included, for members with
some 300 ratings. Told is the CPU time of the web process and of its Postgres backend, not the
clock's, which other work on the machine stretches; on an idle machine their sum is about that.
"""

from __future__ import annotations

import gc
import gzip
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client
from numpy.typing import NDArray

from tests.load.belongings import Owner, furnish, make_facts_known
from tests.load.population import Person, refresh_tastes
from tests.load.rows import PageRow, Row, state_value

MEMBERS = 8
ROUNDS = 2
# Marks pages asked for right after a rating, when nothing of the person's is kept.
COLD = ", after a rating"
Address = str | Callable[[Owner], str]
PAGES: dict[str, Address] = {
    "home": "/",
    f"home{COLD}": "/",
    "home, answered": "/?minutes=120&genre=drama",
    "home, in company": lambda owner: f"/?with={owner.night_ids['voting']}",
    "film, unseen": lambda owner: f"/movies/{owner.unseen_id}/",
    f"film, unseen{COLD}": lambda owner: f"/movies/{owner.unseen_id}/",
    "film, rated": lambda owner: f"/movies/{owner.seen_id}/",
    "film, predicted": lambda owner: f"/movies/{owner.unseen_id}/predicted/",
    "search, nothing typed": "/search/",
    "search, one letter": "/search/?q=t",
    "search, two letters": "/search/?q=th",
    "search, the": "/search/?q=the",
    "search, three letters": "/search/?q=lov",
    "search, a common word": "/search/?q=night",
    "search, two words": "/search/?q=the godfa",
    "search, misspelt": "/search/?q=godfater",
    "search, nothing like it": "/search/?q=qwertyuiop zxcvbnm",
    "search, long": "/search/?q=the good the bad and the ugly story of a man who was lost",
    "browse": "/browse/",
    "browse, page 900": "/browse/?page=900",
    "browse, best": "/browse/?sort=best",
    "browse, best, page 100": "/browse/?sort=best&page=100",
    "browse, genres in and out, best": "/browse/?genre=drama&genre=comedy&without=horror&sort=best",
    "browse, rare genre out": "/browse/?without=film-noir",
    "browse, rare genre in, unseen": "/browse/?genre=film-noir&unseen=on",
    "browse, length": "/browse/?runtime=usual",
    "browse, length, best": "/browse/?runtime=epic&sort=best",
    "browse, years, title": "/browse/?year_from=1970&year_to=1999&sort=title",
    "browse, decade, newest": "/browse/?decade=1990&sort=newest",
    "browse, rating, unseen": "/browse/?rating=4&unseen=on",
    "browse, words": "/browse/?q=love&sort=best",
    "browse, everything": (
        "/browse/?q=man&decade=1990&genre=drama&without=war&runtime=usual&rating=3&unseen=on"
        "&sort=newest"
    ),
    "browse, unknown genre too": "/browse/?genre=film-noir&unknown=on",
    "browse, unknown genre too, page 100": (
        "/browse/?genre=film-noir&unknown=on&sort=title&page=100"
    ),
    "browse, unknown of anything too": (
        "/browse/?genre=western&genre=war&year_from=1990&rating=3&unknown=on&sort=best"
    ),
    "ratings": "/ratings/",
    "ratings by title": "/ratings/?sort=title&page=5",
    "watchlist": "/watchlist/",
    "lists": "/lists/",
    "list": lambda owner: f"/lists/{owner.list_id}/",
    "list, shared": lambda owner: f"/lists/shared/{owner.share_key}/",
    "list, edit": lambda owner: f"/lists/{owner.list_id}/edit/",
    "diary": "/diary/",
    "diary, entry": lambda owner: f"/diary/{owner.entry_id}/",
    "note": lambda owner: f"/movies/{owner.seen_id}/note/",
    "taste": "/taste/",
    "taste, statistics": "/taste/statistics/",
    f"taste, statistics{COLD}": "/taste/statistics/",
    "taste, preview": "/taste/preview/?obscurity=1&adventure=0&newness=-1",
    "imports": "/import/",
    "import, review": lambda owner: f"/import/{owner.import_id}/",
    "import, review of those found": lambda owner: f"/import/{owner.import_id}/?show=matched",
    "nights": "/night/",
    "night, gathering": lambda owner: f"/night/{owner.night_ids['gathering']}/",
    "night, voting": lambda owner: f"/night/{owner.night_ids['voting']}/",
    "night, decided": lambda owner: f"/night/{owner.night_ids['decided']}/",
    "welcome": "/welcome/",
    "welcome, films": "/welcome/films/",
    "account": "/account/",
    "export": "/export/",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: seconds of CPU here and in the database, queries, bytes compressed."""

    cpu: float
    database: float
    queries: int
    size: int


class PageError(Exception):
    """A page was not answered with 200."""


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Note all queries, those that Django does not see among them."""
    found: list[str] = []
    execute = psycopg.Cursor.execute

    def execute_noted(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        found.append(str(query))
        return execute(self, query, *args, **options)

    psycopg.Cursor.execute = execute_noted  # type: ignore[method-assign]
    try:
        yield found
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]


def open_database() -> Path:
    """Connect, all work in one process of Postgres; return where Linux tells its CPU time."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        return Path(f"/proc/{cursor.fetchone()[0]}/schedstat")


def _read_seconds(schedstat: Path) -> float:
    return int(schedstat.read_text().split()[0]) / 1e9


def measure_pages(people: Sequence[Person], *, only: str = "") -> list[Row]:
    """Return a row for each page whose name begins with `only`, over some members.

    Raises:
        PageError: a page is not answered with 200.
    """
    make_facts_known()
    owners = furnish(people, count=MEMBERS)
    clients = [_make_client(owner.person) for owner in owners]
    schedstat, start = open_database(), time.monotonic()
    visits: dict[str, list[Visit]] = defaultdict(list)
    chosen = [name for name in PAGES if name.startswith(only)]
    # As a web process does when it has started: this one holds torch and onnx besides, and a search
    # of all that for garbage takes longer than any page.
    gc.collect()
    gc.freeze()
    # The cold ones last: they take what is kept for the others away.
    for is_cold in (False, True):
        for number in range(ROUNDS + 1):
            for name in chosen:
                if name.endswith(COLD) != is_cold:
                    continue
                found = [
                    _visit(name, *each, schedstat) for each in zip(owners, clients, strict=True)
                ]
                if number:  # the first warms caches
                    visits[name] += found
    rows = [_make_row(name, found) for name, found in visits.items()]
    took = state_value("pages took", time.monotonic() - start, "s")
    return [*rows, *_summarise(rows), took]


def _make_client(person: Person) -> Client:
    client = Client(SERVER_NAME="localhost")
    name, key = person.cookie.split("=", 1)
    client.cookies[name] = key
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def _visit(name: str, owner: Owner, client: Client, schedstat: Path) -> Visit:
    address = PAGES[name]
    if name.endswith(COLD):
        refresh_tastes([owner.person.user_id])
    path = address if isinstance(address, str) else address(owner)
    return visit_page(client, path, schedstat)


def visit_page(client: Client, path: str, schedstat: Path) -> Visit:
    """Ask for a page as a browser does and return what it cost.

    Raises:
        PageError: it is not answered with 200.
    """
    with count_queries() as queries:
        cpu, database = time.process_time(), _read_seconds(schedstat)
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        cpu, database = time.process_time() - cpu, _read_seconds(schedstat) - database
    if answer.status_code != 200:
        raise PageError(f"{path}: {answer.status_code}")
    body = answer.content
    size = len(body) if answer.headers.get("Content-Encoding") else len(gzip.compress(body))
    return Visit(cpu, database, len(queries), size)


def _make_row(name: str, visits: Sequence[Visit]) -> PageRow:
    cpu = 1000 * np.array([visit.cpu for visit in visits])
    database = 1000 * np.array([visit.database for visit in visits])
    p50, p95, p99, top = _percentiles(cpu + database, 50, 95, 99, 100)
    cpu_p50, cpu_p95 = _percentiles(cpu, 50, 95)
    database_p50, database_p95 = _percentiles(database, 50, 95)
    return PageRow(
        f"page: {name}", p50, p95, p99, top,
        conditions=f"CPU of web process and database, {len(visits)} requests, in process",
        cpu_p50_ms=cpu_p50, cpu_p95_ms=cpu_p95,
        database_p50_ms=database_p50, database_p95_ms=database_p95,
        queries=max(visit.queries for visit in visits),
        kilobytes=max(visit.size for visit in visits) / 1000,
    )  # fmt: skip


def _percentiles(values: NDArray[np.float64], *percents: int) -> list[float]:
    return [round(value, 3) for value in np.percentile(values, percents).tolist()]


def _summarise(rows: Sequence[PageRow]) -> list[Row]:
    slowest = max(rows, key=lambda row: row.p95_ms or 0.0)
    busiest = max(rows, key=lambda row: row.queries)
    return [
        Row("slowest page", p95_ms=slowest.p95_ms, conditions=slowest.name),
        state_value("most queries of a page", busiest.queries, "queries", busiest.name),
    ]
