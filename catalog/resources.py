"""Movies as a table that catalogue managers take out and bring in."""

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ManyToManyWidget

from catalog.models import Genre, Movie
from catalog.services import bump_catalogue_version


class MovieResource(ModelResource):  # type: ignore[misc]
    """One movie a row, genres by slug with | between; a row without an id is a new movie."""

    genres = Field(
        column_name="genres",
        attribute="genres",
        widget=ManyToManyWidget(Genre, separator="|", field="slug"),
    )

    class Meta:
        model = Movie
        fields = [
            "id",
            "title",
            "year",
            "genres",
            "imdb_id",
            "tmdb_id",
            "runtime_minutes",
            "extract",
        ]
        import_order = export_order = fields
        skip_unchanged = True
        report_skipped = False
        clean_model_instances = True
        chunk_size = 1000

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Make what was cached stale."""
        super().after_import(dataset, result, **kwargs)
        if not kwargs.get("dry_run"):
            bump_catalogue_version()
