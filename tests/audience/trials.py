"""Experiments that the audience takes part in; imported once Django is set up."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils import timezone

from recommender.experiments.bandit import LoggedDecision
from recommender.experiments.replaying import estimate_policies
from recommender.experiments.reports import refresh_report
from recommender.experiments.row_bandit import CLICK_WINDOW, learn_from_clicks, read_log
from recommender.experiments.services import start_experiment, stop_experiment
from recommender.feedback.writing import write_feedback
from recommender.models import Arm, Experiment
from tests.audience.visits import Visitor

Arms = dict[str, dict[str, Any]]
AA: Arms = {"control": {}, "same": {}}
AB: Arms = {"popularity": {"ranking": "popularity"}, "transformer": {}}
ROWS: Arms = {
    "uniform": {"row_policy": "uniform", "share": 80},
    "thompson": {"row_policy": "thompson", "share": 20},
}
# So many come between two runs of the job that learns from clicks.
BATCH = 25
MIN_PEOPLE = 50


def run_ranking(
    name: str, arms: Arms, visitors: Sequence[Visitor], *, threads: int
) -> dict[str, Any]:
    """Have people come while an experiment on films runs; return its report."""
    experiment = _start(name, arms, surface=Experiment.Surface.RANKING)
    let_in(visitors, Visitor.visit, threads=threads)
    write_feedback()
    return _finish(experiment, visitors)


def run_rows(
    waves: Iterable[tuple[AbstractContextManager[str], Sequence[Visitor]]], *, threads: int
) -> dict[str, Any]:
    """Have people come wave after wave, each to a site of its own, while rows are tried.

    Returns the report, with the `replay` of what was logged at random.
    """
    experiment = _start("rows", ROWS, surface=Experiment.Surface.HOME_ROWS)
    came: list[Visitor] = []
    for site, visitors in waves:
        with site as url:
            for start in range(0, len(visitors), BATCH):
                group = visitors[start : start + BATCH]
                for visitor in group:
                    visitor.url = url
                let_in(group, Visitor.browse, threads=threads)
                learn()
        came += visitors
    report = _finish(experiment, came)
    log = list(read_log(arm__experiment=experiment))
    return report | {"replay": describe_log(log)}


def learn() -> None:
    """Write what was done, and learn as if the time for a click were over: all have left."""
    write_feedback()
    learn_from_clicks(now=timezone.now() + CLICK_WINDOW + timedelta(seconds=1))


def describe_log(log: Sequence[LoggedDecision]) -> dict[str, Any]:
    """Return what was logged at random, by row and context, and what policies would have got."""
    rows: dict[str, dict[str, int]] = {}
    for decision in log:
        row = rows.setdefault(decision.chosen, {"first": 0, "clicked": 0})
        row["first"] += 1
        row["clicked"] += decision.is_clicked
    return {
        "people": len({decision.person for decision in log}),
        "contexts": sorted({decision.context for decision in log}),
        "rows": dict(sorted(rows.items())),
        "policies": {name: asdict(found) for name, found in estimate_policies(log).items()},
    }


def _start(name: str, arms: Arms, *, surface: str) -> Experiment:
    experiment = Experiment.objects.create(name=name, surface=surface, min_subjects=MIN_PEOPLE)
    for number, (arm, fields) in enumerate(arms.items()):
        Arm.objects.create(experiment=experiment, name=arm, is_control=number == 0, **fields)
    return start_experiment(experiment_id=experiment.pk)


def _finish(experiment: Experiment, visitors: Sequence[Visitor]) -> dict[str, Any]:
    stop_experiment(experiment_id=experiment.pk)
    report = refresh_report(experiment_id=experiment.pk)
    seconds = sorted(second for visitor in visitors for second in visitor.seconds)
    return report | {
        "requests": len(seconds),
        "median_ms": 1000 * seconds[len(seconds) // 2],
        "accounts": sum(visitor.has_account for visitor in visitors),
    }


def let_in(visitors: Sequence[Visitor], act: Callable[[Visitor], None], *, threads: int) -> None:
    """Have the visitors come, several at a time; fail with the first who is refused."""
    queue: Iterator[Visitor] = iter(visitors)
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
                act(visitor)
            except Exception as error:  # noqa: BLE001 - raised again below, in the main thread
                failures.append(error)
            visitor.session.close()
            done += 1
            if done % 25 == 0:
                sys.stderr.write(f"{done} of {len(visitors)} people\n")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
