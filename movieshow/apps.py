"""The project's own app: what belongs to the whole site."""

from django.apps import AppConfig


class MovieshowConfig(AppConfig):
    """Registers the checks of a deployment."""

    name = "movieshow"

    def ready(self) -> None:
        """Register the checks."""
        from movieshow import checks  # noqa: F401, PLC0415
