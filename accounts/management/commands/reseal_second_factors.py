"""`manage.py reseal_second_factors`: the last step of changing SECRET_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.second_factor import UnreadableSecretError, reseal_secrets


class Command(BaseCommand):
    """Seals second factors with the present SECRET_KEY, so that former keys can be thrown away."""

    help = (
        "Seal everybody's second factor with the present SECRET_KEY. Run it with the former key in "
        "SECRET_KEY_FALLBACKS, then take that out."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seal them and say how many.

        Raises:
            CommandError: One cannot be read with any of the keys.
        """
        try:
            count = reseal_secrets()
        except UnreadableSecretError as error:
            raise CommandError(
                "A second factor was sealed with a key that is neither SECRET_KEY nor in "
                "SECRET_KEY_FALLBACKS: add it there and run this again. Nothing was changed."
            ) from error
        self.stdout.write(f"Sealed {count} secrets with the present SECRET_KEY.")
