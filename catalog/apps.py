"""The catalogue app: movies, ratings and what is known about them."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Registers the app and listens for accounts' news."""

    name = "catalog"

    def ready(self) -> None:
        """Connect the signal receivers, and register what exports and erases a person's data."""
        # Here, because models can be imported only once the registry of apps is filled.
        from accounts.personal_data import register_eraser, register_exporter  # noqa: PLC0415
        from catalog import receivers  # noqa: F401, PLC0415
        from catalog.diary.exporting import export_diary  # noqa: PLC0415
        from catalog.exporting import export_catalogue  # noqa: PLC0415
        from catalog.importing.keeping import erase_uploads  # noqa: PLC0415
        from catalog.lists.exporting import export_lists  # noqa: PLC0415

        register_exporter("catalog", export_catalogue)
        register_exporter("lists", export_lists)
        register_exporter("diary", export_diary)
        register_eraser("catalog", erase_uploads)
