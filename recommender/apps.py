"""The recommender app: taste, models, serving, reasons and jobs."""

from django.apps import AppConfig


class RecommenderConfig(AppConfig):
    """Registers the app and listens for the catalogue's news."""

    name = "recommender"

    def ready(self) -> None:
        """Connect receivers, register what other apps call, have /readyz ask for the model."""
        # Here, because models can be imported only once the registry of apps is filled.
        from accounts.personal_data import register_eraser, register_exporter  # noqa: PLC0415
        from catalog.importing.marks import register_marker  # noqa: PLC0415
        from movieshow.health import register_readiness_check  # noqa: PLC0415
        from movieshow.start_up import register_start_up  # noqa: PLC0415
        from recommender import receivers  # noqa: F401, PLC0415
        from recommender.erasing import erase_answers  # noqa: PLC0415
        from recommender.exporting import export_taste  # noqa: PLC0415
        from recommender.night.personal import erase_nights, export_nights  # noqa: PLC0415
        from recommender.serving import model_server  # noqa: PLC0415
        from recommender.taste.marks import hidden_marker, muted_marker  # noqa: PLC0415
        from recommender.tonight.services import export_services  # noqa: PLC0415

        register_exporter("recommender", export_taste)
        register_exporter("nights", export_nights)
        register_exporter("services", export_services)
        register_marker("hidden", hidden_marker)
        register_marker("muted", muted_marker)
        register_eraser("recommender", erase_answers)
        register_eraser("nights", erase_nights)
        register_readiness_check("model", model_server.check_ready)
        register_start_up("model", model_server.load)
