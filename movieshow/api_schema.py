"""What the API's document says of bodies, and of who may call what."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction


class BodyScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A body, which holds no other fields than these."""

    target_class = "movieshow.api_strictness.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        """Describe it."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False}


def unlock_open_operations(
    result: dict[str, Any],
    generator: object,  # noqa: ARG001
    request: object,  # noqa: ARG001
    public: bool,  # noqa: ARG001
) -> dict[str, Any]:
    """Ask for no token where none is needed: the page of the API shows a padlock for any."""
    for path in result["paths"].values():
        for operation in path.values():
            if {} in operation.get("security", []):
                operation["security"] = []
    return result
