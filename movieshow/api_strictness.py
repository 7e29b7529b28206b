"""What a caller may send: a field that nothing reads is refused, for it may be misspelt."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

MAX_NAMED, MAX_NAME_CHARACTERS = 10, 80


class StrictSerializer(serializers.Serializer[Any]):
    """Reads a body, an object in one, or a query; names unknown fields, and those there are."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values of the fields.

        Raises:
            ValidationError: a field is unknown, or its value is not valid.
        """
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(
                {
                    name[:MAX_NAME_CHARACTERS]: [f"There is no such field; there are: {known}."]
                    for name in unknown[:MAX_NAMED]
                }
            )
        return super().to_internal_value(data)
