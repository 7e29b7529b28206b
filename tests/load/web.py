"""Rows through the web server: cached, cold, mixed, with reasons, the home page, and "hello"."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from tests.load.client import Load, fetch, make_request, run_load
from tests.load.population import Person, refresh_tastes
from tests.load.rows import RUNS, Row, median, relate, state_value, summarise_loads
from tests.load.site import Site

PATH = "/api/v1/me/recommendations"
HELLO = "/bench/hello"


@dataclass(frozen=True)
class Audience:
    """Who asks, and for how long each run lasts."""

    people: list[Person]
    seconds: float

    @property
    def ids(self) -> list[int]:
        """Their user ids."""
        return [person.user_id for person in self.people]

    def requests(self, path: str) -> list[bytes]:
        """One API request each."""
        return [make_request(path, token=person.token) for person in self.people]

    def pages(self) -> list[bytes]:
        """One request of the home page each, as a browser sends it."""
        return [make_request("/", cookie=person.cookie, accept="gzip") for person in self.people]


Runner = Callable[[], Load]


class Bench:
    """Runs named loads in turn, round after round, so that all rows see the same machine."""

    def __init__(self, site: Site, audience: Audience, *, label: str = "") -> None:
        self._site, self._audience, self._label = site, audience, label
        self._runners: dict[str, Runner] = {}
        self.loads: dict[str, list[Load]] = defaultdict(list)
        self.cpu_ms: dict[str, list[float]] = defaultdict(list)

    def add_steady(self, name: str, requests: list[bytes], *, connections: int) -> None:
        """Add a load of the same requests over and over."""
        seconds = self._audience.seconds
        self._runners[name] = lambda: run_load(
            self._site.port, requests, connections=connections, seconds=seconds
        )

    def add_mixed(self, name: str, requests: list[bytes], *, connections: int, hits: float) -> None:
        """Add a load in which only the share `hits` of the people has an answer kept."""
        self._runners[name] = lambda: self._run_mixed(requests, connections, hits)

    def _run_mixed(self, requests: list[bytes], connections: int, hits: float) -> Load:
        """Ask once for each person and give the stale ones new tastes, until time is up."""
        rng = random.Random(7)
        total = Load()
        while total.wall_seconds < self._audience.seconds:
            stale = [pk for pk in self._audience.ids if rng.random() >= hits]
            refresh_tastes(stale)
            share = requests if connections > 1 else rng.sample(requests, min(200, len(requests)))
            total.add(run_load(self._site.port, share, connections=connections))
        return total

    def warm(self, requests: list[bytes]) -> None:
        """Have every answer kept and every process warm."""
        for _ in range(2):
            run_load(self._site.port, requests, connections=4)

    def run(self) -> None:
        """Run all loads, five rounds; nothing cold stands between a warm one and its warming."""
        for _ in range(RUNS):
            for name, runner in self._runners.items():
                before = self._site.cpu_seconds()
                load = runner()
                self.loads[name].append(load)
                spent = self._site.cpu_seconds() - before
                self.cpu_ms[name].append(1000 * spent / len(load.latencies))

    def row(self, name: str, conditions: str) -> Row:
        """Return the row of a load, with what it cost the server and the client."""
        loads = self.loads[name]
        client_us = median([1e6 * load.client_cpu_seconds / len(load.latencies) for load in loads])
        told = (
            f"{conditions}; {sum(len(load.latencies) for load in loads):,} requests, web "
            f"processes' CPU {median(self.cpu_ms[name]):.2f} ms and client's {client_us:.0f} us "
            f"a request; last answer {loads[-1].answer_bytes:,} bytes"
        )
        return summarise_loads(f"{name}{self._label}", loads, told)


CACHED = "answers kept in Redis"
CONDITIONS = {
    "hello c1": "bare DRF view, same authentication, same server",
    "hello c16": "bare DRF view, same authentication, same server",
    "api cached c1": CACHED,
    "api cached c16": CACHED,
    "home warm": "HTML page of a member, gzip accepted, its rows kept in Redis",
    "api cold reasons c1": "new taste version each request, 10 films with reasons",
    "api cold c1": "new taste version each request",
    "api cold c16": "new taste version each request",
    "api 50% hits c16": "a new taste version for half of the people in each pass",
    "api 90% hits c16": "a new taste version for a tenth of the people in each pass",
}


def measure_default(site: Site, audience: Audience) -> list[Row]:
    """Return the main rows, with the number of processes that `make run` takes."""
    bench = Bench(site, audience)
    hello, plain = audience.requests(HELLO), audience.requests(PATH)
    bench.warm(plain)
    bench.warm(audience.pages())
    for connections in (1, 16):
        bench.add_steady(f"hello c{connections}", hello, connections=connections)
        bench.add_steady(f"api cached c{connections}", plain, connections=connections)
    bench.add_steady("home warm", audience.pages(), connections=1)
    bench.run()
    cold = Bench(site, audience)
    reasons = audience.requests(f"{PATH}?include=reasons")
    cold.add_mixed("api cold reasons c1", reasons, connections=1, hits=0.0)
    cold.add_mixed("api cold c1", plain, connections=1, hits=0.0)
    cold.add_mixed("api cold c16", plain, connections=16, hits=0.0)
    cold.add_mixed("api 50% hits c16", plain, connections=16, hits=0.5)
    cold.add_mixed("api 90% hits c16", plain, connections=16, hits=0.9)
    cold.run()
    rows = [part.row(name, CONDITIONS[name]) for part in (bench, cold) for name in part.loads]
    for row in rows:
        if row.name.startswith("api cached"):
            other = row.name.replace("api cached", "hello")
            relate(row, bench.loads[other], bench.loads[row.name], to=other)
    return rows


def measure_processes(site: Site, audience: Audience, *, processes: int) -> list[Row]:
    """Return the rows of 16 connections with this many web processes."""
    bench = Bench(site, audience, label=f", {processes} web processes")
    plain = audience.requests(PATH)
    bench.warm(plain)
    bench.add_steady("api cached c16", plain, connections=16)
    bench.run()
    cold = Bench(site, audience, label=f", {processes} web processes")
    cold.add_mixed("api cold c16", plain, connections=16, hits=0.0)
    cold.run()
    told = f"{processes} web processes"
    return [part.row(name, told) for part in (bench, cold) for name in part.loads]


def check_freshness(site: Site, audience: Audience, *, ratings: int = 40) -> Row:
    """Rate what stands first, ask again, and count how often it is gone."""
    gone = 0
    for number in range(ratings):
        person = audience.people[number % len(audience.people)]
        ask = make_request(PATH, token=person.token)
        first = json.loads(fetch(site.port, ask))["results"][0]["movie"]["id"]
        body = b'{"rating": 4.0}'
        fetch(site.port, make_request(f"/api/v1/me/ratings/{first}", token=person.token, put=body))
        after = json.loads(fetch(site.port, ask))["results"]
        gone += first not in [result["movie"]["id"] for result in after]
    return state_value(
        "rating visible in next response", gone / ratings, "share", f"{ratings} ratings"
    )


def measure_memory(site: Site) -> list[Row]:
    """Return what each web process holds, after the load."""
    infos = [worker.memory_full_info() for worker in site.workers()]
    mega = 2**20
    largest = max(infos, key=lambda info: info.rss)
    return [
        state_value(
            "web memory",
            largest.rss / mega,
            "MB RSS",
            f"largest of {len(infos)} processes after the load; proportional set size "
            f"{largest.pss / mega:.0f} MB, unique {largest.uss / mega:.0f} MB",
        )
    ]
