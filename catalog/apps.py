"""The catalogue app: movies, ratings and what is known about them."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Registers the app and listens for accounts' news."""

    name = "catalog"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from catalog import receivers  # noqa: F401, PLC0415
