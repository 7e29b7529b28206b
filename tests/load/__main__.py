"""`make bench`: fills an empty home, loads the real web server, writes build/bench.{json,md,png}.

Bounded: with the default of two seconds a run it takes some five minutes. Run it on an idle
machine; the report says how busy other work kept it. Ends with 1 and tells why where a page takes
too many queries or a rating is not seen at once; with --check, where any must is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import django
import psutil

from movieshow.embedded.home import CHECKOUT
from recommender.ml.code_version import describe_code, name_code
from tests.load.rows import Row, state_value

if TYPE_CHECKING:
    from tests.load.population import Person

DEFAULT_SECONDS = 2.0
DEFAULT_PEOPLE = 400


def main() -> int:
    """Run it; return 0, or 1 where a must is missed that is looked at."""
    options = _parse()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.load.settings"
    django.setup()
    from tests.load.population import populate
    from tests.load.report import list_missed

    home = Path(os.environ["MOVIESHOW_HOME"])
    watch = Watch()
    _say("filling the database: 62,423 films")
    people = populate(home, people=options.people)
    _say(f"{len(people)} people; measuring")
    rows = _measure(home, people, options)
    rows += watch.rows()
    _report(options.out, rows, watch)
    missed = list_missed(rows, with_times=options.check)
    for each in missed:
        _say(f"missed: {each}")
    return 1 if missed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="of each run")
    parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE)
    parser.add_argument("--quick", action="store_true", help="the main rows alone")
    parser.add_argument("--pages", action="store_true", help="the HTML pages alone")
    parser.add_argument("--reload", action="store_true", help="hot reloads alone")
    parser.add_argument(
        "--check", action="store_true", help="end with 1 where a time or any other must is missed"
    )
    parser.add_argument("--out", type=Path, default=CHECKOUT / "build")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"movieshow: {text}\n")
    sys.stdout.flush()


def _measure(home: Path, people: list[Person], options: argparse.Namespace) -> list[Row]:
    from tests.load import pages, stages, web
    from tests.load.reload import measure_reload
    from tests.load.site import run_site

    if options.pages:
        return pages.measure_pages(people)
    if options.reload:
        with run_site(home) as site:
            return measure_reload(site, people, home)
    audience = web.Audience(people, options.seconds)
    with run_site(home) as site:
        rows = web.measure_default(site, audience)
        rows += web.measure_memory(site)
        rows.append(web.check_freshness(site, audience))
    timed = stages.measure_stages(audience.ids[:100])
    model = next(row for row in timed if row.name == "model 62k")
    rows += [*timed, *stages.measure_floor(model)]
    if not options.quick:
        rows += stages.measure_batches(audience.ids)
        for processes in (1, 2, 4):
            with run_site(home, processes=processes) as site:
                rows += web.measure_processes(site, audience, processes=processes)
        with run_site(home) as site:
            rows += measure_reload(site, people, home)
    rows += _measure_components()
    # Last, for it gives people and films more than the rows above are measured with.
    return rows + pages.measure_pages(people)


def _measure_components() -> list[Row]:
    found = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.load.memory"],
            cwd=CHECKOUT, capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip
    rows = [
        state_value(f"memory: {name}", added, "MB RSS", "added, in a process of its own")
        for name, added in found["steps"]
    ]
    table = found["item_table_mb"]
    return [*rows, state_value("memory: item table alone", table, "MB", "within the session's row")]


class Watch:
    """How long it took, and how much of the machine others used meanwhile."""

    def __init__(self) -> None:
        self._start, self._busy = time.monotonic(), _busy_seconds()
        self._mine = _own_seconds()

    def rows(self) -> list[Row]:
        """Return the time taken and the cores that other work kept busy."""
        wall = time.monotonic() - self._start
        others = (_busy_seconds() - self._busy - (_own_seconds() - self._mine)) / wall
        return [
            state_value("bench took", wall, "s"),
            state_value(
                "other work", max(0.0, others), "cores", "kept busy by others on average, about"
            ),
        ]


def _busy_seconds() -> float:
    spent = psutil.cpu_times()
    return float(spent.user + spent.system + spent.nice + getattr(spent, "irq", 0.0))


def _own_seconds() -> float:
    """Return the CPU time of this home's processes: ours, our children's and the servers'."""
    root = psutil.Process().parent() or psutil.Process()
    family = [root, *root.children(recursive=True)]
    total = 0.0
    for process in family:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _report(out: Path, rows: list[Row], watch: Watch) -> None:
    from tests.load import report

    rows = [*rows, *report.claim_rows()]
    out.mkdir(parents=True, exist_ok=True)
    report.write_json(out / "bench.json", rows)
    machine = (
        f"{time.strftime('%Y-%m-%d')}{name_code(describe_code())}, {_processor()}, "
        f"{psutil.cpu_count()} cores, Python "
        f"{platform.python_version()}; loopback, granian as `make run` starts it, Postgres without "
        "fsync, 62,423 films, the shipped model with an item table for all of them, real "
        "histories. Each figure is the median of five runs."
    )
    (out / "bench.md").write_text(report.make_tables(rows, machine=machine), encoding="utf-8")
    report.write_plot(out / "bench.png", rows)
    _say(f"written: {out}/bench.json, bench.md, bench.png")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    sys.exit(main())
