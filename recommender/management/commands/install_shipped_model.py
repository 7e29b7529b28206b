"""Install the model that comes with MovieShow; quick when it is there already."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.services import UnusableModelError, install_shipped_model


class Command(BaseCommand):
    """Makes the shipped model a version and activates it."""

    help = "Install and activate the model that comes with MovieShow."

    def add_arguments(self, parser: CommandParser) -> None:
        """Let another folder be named."""
        parser.add_argument(
            "--directory", type=Path, default=Path(settings.SHIPPED_MODEL_DIR), help="its folder"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Install it.

        Raises:
            CommandError: the folder holds no model that can be served.
        """
        try:
            version, is_new = install_shipped_model(directory=options["directory"])
        except UnusableModelError as error:
            raise CommandError(str(error)) from error
        done = "Installed and served now" if is_new else "Installed before"
        self.stdout.write(f"{done}: {version}.")
