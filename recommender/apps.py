"""The recommender app: taste, models, serving, reasons and jobs."""

from django.apps import AppConfig


class RecommenderConfig(AppConfig):
    """Registers the app and listens for the catalogue's news."""

    name = "recommender"

    def ready(self) -> None:
        """Connect the signal receivers and have /readyz ask for the model."""
        # Here, because models can be imported only once the registry of apps is filled.
        from movieshow.health import register_readiness_check  # noqa: PLC0415
        from recommender import receivers  # noqa: F401, PLC0415
        from recommender.serving import model_server  # noqa: PLC0415

        register_readiness_check("model", model_server.check_ready)
