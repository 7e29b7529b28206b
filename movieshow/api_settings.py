"""How the REST API and the document that describes it behave."""

from typing import Any

import environ


def read_rest_settings(env: environ.Env) -> dict[str, Any]:
    """Return the settings of the REST framework; rates of requests come from the environment."""
    return {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "accounts.authentication.ApiTokenAuthentication",
            "rest_framework.authentication.SessionAuthentication",
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "movieshow.api.ContentNegotiation",
        "DEFAULT_PARSER_CLASSES": ["movieshow.api.BoundedJsonParser"],
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
        "EXCEPTION_HANDLER": "movieshow.api.problem_exception_handler",
        "COERCE_DECIMAL_TO_STRING": False,
        "DEFAULT_THROTTLE_RATES": {
            "anonymous_session": env.str("API_ANONYMOUS_RATE", default="120/min"),
            "member": env.str("API_MEMBER_RATE", default="600/min"),
            "events": env.str("API_EVENTS_RATE", default="600/min"),
        },
    }


SPECTACULAR: dict[str, Any] = {
    "TITLE": "MovieShow API",
    "DESCRIPTION": "Movies, ratings and recommendations. Errors are RFC 9457 problem+json.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "movieshow.api_errors.add_problem_responses",
        "movieshow.api_schema.unlock_open_operations",
    ],
}
