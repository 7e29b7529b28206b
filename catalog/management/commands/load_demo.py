"""`manage.py load_demo`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.movielens.demo import DEMO_DATASET, is_demo_loaded, load_demo
from catalog.movielens.source import DatasetError


class Command(BaseCommand):
    """Loads the demo set once."""

    help = "Load the movies, ratings and texts that ship with the project, unless they are loaded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--again", action="store_true", help="load it even if it is loaded")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Load it, or say that it is loaded."""
        if is_demo_loaded() and not options["again"]:
            self.stdout.write(f"{DEMO_DATASET} is loaded already.")
            return
        try:
            ratings = load_demo(is_quiet=options["verbosity"] == 0)
        except DatasetError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Loaded {DEMO_DATASET}: {ratings:,} ratings.")
