"""Print what an experiment shows, counted now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.experiments.reports import make_report
from recommender.experiments.services import ExperimentError
from recommender.experiments.tables import format_report
from recommender.feedback.writing import write_feedback
from recommender.models import Experiment


class Command(BaseCommand):
    """`manage.py experiment_report NAME [--json]`."""

    help = "Print an experiment's rates, differences and checks, with what is buffered written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name, and whether JSON is wanted."""
        parser.add_argument("name")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, name: str, as_json: bool, **_options: Any) -> None:
        """Print the report.

        Raises:
            CommandError: there is no such experiment, or it cannot be analysed.
        """
        write_feedback()
        experiment = Experiment.objects.filter(name=name).first()
        if experiment is None:
            known = ", ".join(Experiment.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no experiment {name!r}; there are: {known}.")
        try:
            report = make_report(experiment)
        except ExperimentError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report, indent=1) if as_json else format_report(report))
