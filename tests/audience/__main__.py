"""Run an A/A and an A/B experiment with a simulated audience: ``make audience``.

Needs Django's settings in the environment, as ``movieshow.embedded exec --throwaway`` gives them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from tests.audience.site import choose_redis, make_database, run_web

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "catalog" / "demo" / "ml-latest-small"
# One in so many signs up and goes on with a token, as an app would.
ACCOUNT_EVERY = 10
AA: dict[str, dict[str, Any]] = {"control": {}, "same": {}}
AB: dict[str, dict[str, Any]] = {"popularity": {"ranking": "popularity"}, "transformer": {}}


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
    """Run both experiments; return 0 where they show what they must."""
    arguments = _parse_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")
    choose_redis()
    django.setup()
    with make_database():
        return _run_both(arguments)


def _run_both(arguments: argparse.Namespace) -> int:
    from catalog.models import Movie
    from tests.audience.people import read_people

    named = os.environ.get("MOVIESHOW_DATA")
    data = arguments.data or ([Path(named)] if named else [DEMO])
    catalogue = set(Movie.objects.values_list("pk", flat=True))
    people = read_people(data, catalogue=catalogue, limit=arguments.people, seed=arguments.seed)
    reports: list[dict[str, Any]] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, run_web(log=Path(directory) / "log") as url:
        for name, arms in (("a-a", AA), ("a-b", AB)):
            first = len(reports) * len(people)
            reports.append(_run(url, name, arms, people, first=first, threads=arguments.threads))
    text = _describe(
        reports,
        people=len(people),
        seconds=time.monotonic() - started,
        command=f"make audience ARGS='--people {arguments.people} --data "
        f"{' '.join(folder.name for folder in data)}'",
    )
    sys.stdout.write(text)
    if arguments.out:
        arguments.out.write_text(text)
    if arguments.json_file:
        arguments.json_file.write_text(json.dumps(reports, indent=1) + "\n")
    return _judge(*reports)


def _run(
    url: str,
    name: str,
    arms: dict[str, dict[str, Any]],
    people: Sequence[Any],
    *,
    first: int,
    threads: int,
) -> dict[str, Any]:
    from recommender.experiments.reports import refresh_report
    from recommender.experiments.services import start_experiment, stop_experiment
    from recommender.feedback.writing import write_feedback
    from recommender.models import Arm, Experiment
    from tests.audience.visits import Visitor

    experiment = Experiment.objects.create(name=name, min_subjects=50)
    for number, (arm, fields) in enumerate(arms.items()):
        Arm.objects.create(experiment=experiment, name=arm, is_control=number == 0, **fields)
    start_experiment(experiment_id=experiment.pk)
    visitors = [
        Visitor(url, person, first + number, has_account=number % ACCOUNT_EVERY == 0)
        for number, person in enumerate(people)
    ]
    _let_in(visitors, threads=threads)
    write_feedback()
    stop_experiment(experiment_id=experiment.pk)
    report = refresh_report(experiment_id=experiment.pk)
    seconds = sorted(second for visitor in visitors for second in visitor.seconds)
    return report | {
        "requests": len(seconds),
        "median_ms": 1000 * seconds[len(seconds) // 2],
        "accounts": sum(visitor.has_account for visitor in visitors),
    }


def _let_in(visitors: Sequence[Any], *, threads: int) -> None:
    """Have the visitors come, several at a time; fail with the first who is refused."""
    queue: Iterator[Any] = iter(visitors)
    lock, failures = threading.Lock(), list[Exception]()
    done = 0

    def work() -> None:
        nonlocal done
        while not failures:
            with lock:
                visitor = next(queue, None)
            if visitor is None:
                return
            try:
                visitor.visit()
            except Exception as error:  # noqa: BLE001 - raised again below, in the main thread
                failures.append(error)
            visitor.session.close()
            done += 1
            if done % 50 == 0:
                sys.stderr.write(f"{done} of {len(visitors)} people\n")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


def _describe(
    reports: Sequence[dict[str, Any]], *, people: int, seconds: float, command: str
) -> str:
    from recommender.experiments.tables import format_report

    total = sum(report["requests"] for report in reports)
    lines = [
        "# Experiments with a simulated audience",
        "",
        f"Made by `{command}`.",
        "",
        f"{people} people in each, drawn from real histories that were never trained on, used a "
        f"running site over HTTP: {total} requests in {seconds:.0f} s. One in {ACCOUNT_EVERY} "
        "signed up and went on with an API token, the others were guests of a browser. Each told "
        "ten films with their true stars, then asked four times for films (guests once by the "
        "home page), opened and rated what they truly watched among their next ten, and hid what "
        "they truly rated two stars or less later on.",
        "",
        "## A/A: two arms alike",
        "",
        format_report(reports[0]),
        "## A/B: the shipped Transformer against popularity",
        "",
        format_report(reports[1]),
        "Rates are shares of impressions, with Wilson's interval at the effective number of "
        "impressions (clustered by person, delta method). The fixed-horizon interval holds for one "
        "look at the end, which this is; the always-valid one for looks at any time.",
        "",
    ]
    return "\n".join(lines)


def _judge(same: dict[str, Any], other: dict[str, Any]) -> int:
    """Return 0 where A/A shows no effect, A/B shows one, and both were assigned fairly."""
    is_quiet = all(
        found["always_valid"]["low"] <= 0 <= found["always_valid"]["high"]
        for found in same["differences"]
        if found["always_valid"]["low"] is not None
    )
    bounds = {found["metric"]: found["fixed_horizon"]["low"] for found in other["differences"]}
    is_better = all((bounds[metric] or 0) > 0 for metric in ("click rate", "acceptance"))
    is_fair = min(same["mismatch_p"], other["mismatch_p"]) > 0.001
    for text, holds in (
        ("A/A shows no effect", is_quiet),
        ("the Transformer beats popularity", is_better),
        ("people were assigned by the shares", is_fair),
    ):
        sys.stdout.write(f"{'yes' if holds else 'NO '}  {text}\n")
    return 0 if is_quiet and is_better and is_fair else 1


if __name__ == "__main__":
    raise SystemExit(main())
