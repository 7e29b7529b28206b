"""The project's own app: what belongs to the whole site."""

from django.apps import AppConfig


class MovieshowConfig(AppConfig):
    """Registers the checks of a deployment, and how the API's document describes bodies."""

    name = "movieshow"

    def ready(self) -> None:
        """Register the checks and the schema's extension."""
        from movieshow import api_schema, checks  # noqa: F401, PLC0415
