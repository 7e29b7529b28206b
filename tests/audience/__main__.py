"""Run an A/A and an A/B experiment, and one on rows, with a simulated audience: ``make audience``.

Needs Django's settings in the environment, as ``movieshow.embedded exec --throwaway`` gives them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from recommender.ml.code_version import describe_code
from tests.audience.people import RealPerson, read_people
from tests.audience.report import About, describe, judge
from tests.audience.site import choose_redis, find_zone, make_database, run_web
from tests.audience.visits import HOURS, Visitor

if TYPE_CHECKING:
    from tests.audience.trials import Arms

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "catalog" / "demo" / "ml-latest-small"
# One in so many signs up and goes on with a token, as an app would.
ACCOUNT_EVERY = 10
# So many times as many take part in the experiment on rows: a page is one decision, not 20 films.
ROWS_FACTOR = 2


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.audience", description=__doc__)
    parser.add_argument("--data", nargs="+", type=Path, help="MovieLens folders; else the demo set")
    parser.add_argument("--people", type=int, default=400, help="most people in each experiment")
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="Markdown file for the tables")
    parser.add_argument("--json", type=Path, dest="json_file")
    return parser.parse_args()


def main() -> int:
    """Run the experiments; return 0 where they show what they must."""
    arguments = _parse_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")
    choose_redis()
    django.setup()
    with make_database():
        return _run_all(arguments)


def _run_all(arguments: argparse.Namespace) -> int:
    from django.conf import settings

    from catalog.models import Movie

    card = Path(settings.SHIPPED_MODEL_DIR) / "card.json"
    named = os.environ.get("MOVIESHOW_DATA")
    data = arguments.data or ([Path(named)] if named else [DEMO])
    catalogue = set(Movie.objects.values_list("pk", flat=True))
    limit, threads = ROWS_FACTOR * arguments.people, arguments.threads
    people = read_people(data, catalogue=catalogue, limit=limit, seed=arguments.seed)
    code, started = describe_code(), time.monotonic()
    reports = _run_experiments(people, arguments)
    about = About(
        people=len(people[: arguments.people]),
        rows_people=len(people),
        seconds=time.monotonic() - started,
        command=f"make audience ARGS='--people {arguments.people} --threads {threads} --data "
        f"{' '.join(folder.name for folder in data)}'",
        date=datetime.now(UTC).date().isoformat(),
        model=json.loads(card.read_text())["created_at"],
        account_every=ACCOUNT_EVERY,
        code=code,
    )
    text = describe(reports, about)
    sys.stdout.write(text)
    if arguments.out:
        arguments.out.write_text(text)
    if arguments.json_file:
        arguments.json_file.write_text(
            json.dumps({**code, "experiments": reports}, indent=1) + "\n"
        )
    return judge(reports)


def _run_experiments(
    people: Sequence[RealPerson], arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    from tests.audience import trials

    few, threads = people[: arguments.people], arguments.threads
    ranked: list[tuple[str, Arms]] = [("a-a", trials.AA), ("a-b", trials.AB)]
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with run_web(log=log) as url:
            reports = [
                trials.run_ranking(name, arms, _invite(few, place, url), threads=threads)
                for place, (name, arms) in enumerate(ranked)
            ]
        visitors = [
            Visitor("", person, len(ranked) * len(few) + number, has_account=False)
            for number, person in enumerate(people)
        ]
        reports.append(trials.run_rows(_part(visitors, log), threads=threads))
    return reports


def _invite(people: Sequence[RealPerson], place: int, url: str) -> list[Visitor]:
    first = place * len(people)
    return [
        Visitor(url, person, first + number, has_account=number % ACCOUNT_EVERY == 0)
        for number, person in enumerate(people)
    ]


def _part(
    visitors: Sequence[Visitor], log: Path
) -> Iterator[tuple[AbstractContextManager[str], Sequence[Visitor]]]:
    """Yield a site for each part of the day, where it is that now, with a part of the visitors."""
    for number, hour in enumerate(HOURS.values()):
        now = datetime.now(UTC)
        part = len(visitors) * number // len(HOURS), len(visitors) * (number + 1) // len(HOURS)
        yield run_web(log=log, time_zone=find_zone(hour, now=now)), visitors[slice(*part)]


if __name__ == "__main__":
    raise SystemExit(main())
