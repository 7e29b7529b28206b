"""`manage.py import_services`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.service_files import ServiceFileError, import_services


class Command(BaseCommand):
    """Takes an operator's table of services."""

    help = (
        "Take which streaming services have which films from a csv with the columns service and "
        "movie_id, imdb_id or tmdb_id, and if wanted country and offer. It replaces what earlier "
        "files said of the services and countries it names. All of it or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", type=Path, metavar="FILE.csv")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Take the file, and say what it held."""
        try:
            done = import_services(path=options["path"])
        except ServiceFileError as error:
            raise CommandError(f"nothing was changed:\n{error}") from error
        self.stdout.write(
            f"{done.offers:,} offers of {done.films:,} films on {len(done.services)} services "
            f"({done.new_services} new): {', '.join(done.services[:20])}"
        )
