"""`manage.py import_movielens`."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.movielens.download import DATASETS, download_dataset
from catalog.movielens.importing import ImportResult, import_dataset
from catalog.movielens.source import DatasetError


class Command(BaseCommand):
    """Imports a MovieLens data set."""

    help = (
        "Import a MovieLens set (latest-small, 1M, 10M, 25M, 32M …) from its folder or zip, or "
        "download one. All of it or nothing; running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("path", nargs="?", type=Path, help="folder or zip of the set")
        source.add_argument("--download", choices=sorted(DATASETS), help="fetch it from GroupLens")
        parser.add_argument("--name", help="what to call the set; default: the folder's name")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Import, and say what changed."""
        is_quiet = options["verbosity"] == 0
        started = time.monotonic()
        try:
            path: Path = options["path"] or download_dataset(
                name=options["download"], is_quiet=is_quiet
            )
            result = import_dataset(path=path, name=options["name"], is_quiet=is_quiet)
        except DatasetError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_describe(result, time.monotonic() - started))


def _describe(result: ImportResult, seconds: float) -> str:
    if not result.has_changed:
        return f"{result.dataset}: nothing new ({seconds:.1f} s)."
    return (
        f"{result.dataset}: {result.ratings:,} ratings, {result.people:,} people, "
        f"{result.tags:,} tags; {result.movies:,} changes to movies ({seconds:.1f} s)."
    )
