"""The accounts app: people, guests, API tokens, consent, their data."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app, its receivers and how the API's document describes its tokens."""

    name = "accounts"
    # Not "Accounts": allauth calls its app that, and the admin site would show the name twice.
    verbose_name = "People"

    def ready(self) -> None:
        """Connect the receivers, and register the schema's extensions, exporters and erasers."""
        # Here, because models can be imported only once the registry of apps is filled.
        from allauth.mfa.models import Authenticator  # noqa: PLC0415
        from allauth.usersessions.models import UserSession  # noqa: PLC0415
        from django.contrib import admin  # noqa: PLC0415

        from accounts import api_schema, receivers  # noqa: F401, PLC0415
        from accounts.deletion import erase_admin_log, erase_sessions  # noqa: PLC0415
        from accounts.exporting import export_account  # noqa: PLC0415
        from accounts.personal_data import register_eraser, register_exporter  # noqa: PLC0415

        register_exporter("accounts", export_account)
        register_eraser("accounts", erase_sessions)
        register_eraser("admin log", erase_admin_log)
        # They would show staff the keys of people's sessions and second factors.
        for model in (Authenticator, UserSession):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
