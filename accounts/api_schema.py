"""How the API's document describes the ways to authenticate."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The API token."""

    target_class = "accounts.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        """Describe it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token: make one on your account page or by POST /me/tokens.",
        }


class ViewerSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser session, a guest's too."""

    target_class = "accounts.authentication.ViewerSessionAuthentication"
    name = "viewerSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        """Describe it."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a member or guest; writing needs the CSRF token too.",
        }
