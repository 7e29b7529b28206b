"""Evaluate the bandit of the home page offline, on decisions that were logged at random."""

import json
from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from recommender.experiments.bandit import FixedPolicy, Policy, ReplayResult, ThompsonPolicy, replay
from recommender.experiments.row_bandit import learn_from_clicks, read_log
from recommender.models import Experiment

DESIGNED = ("top", "popular", "because", "genre")


class Command(BaseCommand):
    """`manage.py bandit_replay NAME [--seed 0] [--json]`."""

    help = "Replay an experiment's uniformly random row decisions (Li et al. 2011)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the experiment's name, a seed, and whether JSON is wanted."""
        parser.add_argument("name")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, name: str, seed: int, as_json: bool, **_options: Any) -> None:
        """Print what each policy would have got.

        Raises:
            CommandError: there is no such experiment, or it logged nothing at random.
        """
        experiment = Experiment.objects.filter(name=name).first()
        if experiment is None:
            raise CommandError(f"There is no experiment {name!r}.")
        learn_from_clicks()
        log = list(read_log(arm__experiment=experiment))
        if not log:
            raise CommandError(
                f"{name!r} has no decisions made at random that are older than the time for a "
                "click; give it an arm with the policy “uniform” and wait."
            )
        policies: dict[str, Policy] = {
            "as designed": FixedPolicy(DESIGNED),
            "thompson": ThompsonPolicy(np.random.default_rng(seed)),
        }
        results = {title: replay(policy, log) for title, policy in policies.items()}
        clicked = sum(decision.is_clicked for decision in log)
        results["uniform (as logged)"] = ReplayResult(len(log), len(log), clicked)
        self.stdout.write(_dump(results) if as_json else _format(results))


def _dump(results: dict[str, ReplayResult]) -> str:
    rows = {
        title: {
            "logged": result.logged,
            "matched": result.matched,
            "clicks": result.clicks,
            "click_rate": result.click_rate,
        }
        for title, result in results.items()
    }
    return json.dumps(rows, indent=1)


def _format(results: dict[str, ReplayResult]) -> str:
    lines = ["| policy | matched | clicks | click rate |", "|---|---|---|---|"]
    for title, result in results.items():
        rate = "–" if result.click_rate is None else f"{100 * result.click_rate:.2f} %"
        lines.append(
            f"| {title} | {result.matched} of {result.logged} | {result.clicks} | {rate} |"
        )
    return "\n".join(lines)
