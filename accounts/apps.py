"""The accounts app: people, guests, API tokens, consent."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from accounts import receivers  # noqa: F401
