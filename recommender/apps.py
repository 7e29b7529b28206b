"""The recommender app: taste, models, serving, reasons and jobs."""

from django.apps import AppConfig


class RecommenderConfig(AppConfig):
    """Registers the app and listens for the catalogue's news."""

    name = "recommender"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from recommender import receivers  # noqa: F401
