"""The catalogue app: movies, ratings and what is known about them."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Registers the app."""

    name = "catalog"
