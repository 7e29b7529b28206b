"""Evaluate the bandit of the home page offline, on decisions that were logged at random."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.experiments.replaying import DRAWS, estimate_policies
from recommender.experiments.row_bandit import learn_from_clicks, read_log
from recommender.experiments.tables import format_replay
from recommender.models import Experiment


class Command(BaseCommand):
    """`manage.py bandit_replay NAME [--seed 0] [--draws 200] [--json]`."""

    help = "Replay an experiment's uniformly random row decisions (Li et al. 2011)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the experiment's name, a seed, the bootstrap's draws, and whether JSON is wanted."""
        parser.add_argument("name")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--draws", type=int, default=DRAWS, help="of people, for intervals")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, name: str, seed: int, draws: int, as_json: bool, **_options: Any) -> None:
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
        found = estimate_policies(log, seed=seed, draws=max(1, draws))
        results = {title: asdict(estimate) for title, estimate in found.items()}
        self.stdout.write(json.dumps(results, indent=1) if as_json else format_replay(results))
