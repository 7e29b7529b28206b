"""`manage.py dataset_stats`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.movielens.statistics import DatasetStatistics, get_statistics, list_datasets


class Command(BaseCommand):
    """Prints what loaded data sets amount to."""

    help = "Print the statistics of a loaded data set, or of each that is loaded, as a table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the argument."""
        parser.add_argument("name", nargs="?", help="the set, such as ml-latest-small")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Print a table for each set."""
        loaded = list_datasets()
        names = [options["name"]] if options["name"] else loaded
        if not names:
            raise CommandError("No data set is loaded; run load_demo or import_movielens first.")
        for name in names:
            statistics = get_statistics(name) if name in loaded else None
            if statistics is not None:
                self.stdout.write(_format(statistics))
            elif options["name"]:
                known = ", ".join(loaded) or "none"
                raise CommandError(f"{name}: no ratings of such a set are loaded. Loaded: {known}.")


def _format(statistics: DatasetStatistics) -> str:
    rows = [("Metric", "Value"), *statistics.as_rows()]
    left, right = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [f"| {name:<{left}} | {value:<{right}} |" for name, value in rows]
    lines.insert(1, f"|{'-' * (left + 2)}|{'-' * (right + 2)}|")
    return "\n".join([f"{statistics.name}", "", *lines, ""])
