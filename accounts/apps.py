"""The accounts app: people, guests, API tokens, consent."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app, its receivers and how the API's document describes its tokens."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the signal receivers and register the schema's extensions."""
        from accounts import api_schema, receivers  # noqa: F401, PLC0415
