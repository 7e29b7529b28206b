"""Serve another model version."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.services import (
    UnknownModelVersionError,
    UnusableModelError,
    activate_model_version,
)


class Command(BaseCommand):
    """Activates a model version by its id."""

    help = "Serve the model version with this id; web processes follow without a restart."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the id."""
        parser.add_argument("version_id", type=int, metavar="ID")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Activate it.

        Raises:
            CommandError: there is no such version, or it cannot be served.
        """
        try:
            version = activate_model_version(version_id=options["version_id"])
        except (UnknownModelVersionError, UnusableModelError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Now served: {version}.")
