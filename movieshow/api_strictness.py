"""What a caller may send: a field that nothing reads is refused, for it may be misspelt."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

MAX_NAMED, MAX_NAME_CHARACTERS = 10, 80


def refuse_unknown(given: Iterable[str], *, known: Iterable[str], hint: str = "") -> None:
    """Look for names that are none of the known; `hint` says what to do instead, where known.

    Raises:
        ValidationError: there are such.
    """
    known = list(known)
    if unknown := sorted(set(given) - set(known)):
        text = hint or f"There is no such field; there are: {', '.join(known) or 'none'}."
        raise serializers.ValidationError(
            {name[:MAX_NAME_CHARACTERS]: [text] for name in unknown[:MAX_NAMED]}
        )


class StrictSerializer(serializers.Serializer[Any]):
    """Reads a body, an object in one, or a query; names unknown fields, and those there are."""

    def get_known_names(self) -> Iterable[str]:
        """Return the names that may be given: those of the fields."""
        return self.fields

    def to_internal_value(self, data: Any) -> Any:
        """Return the values of the fields.

        Raises:
            ValidationError: a field is unknown, or its value is not valid.
        """
        if isinstance(data, Mapping):
            refuse_unknown(data, known=self.get_known_names())
        return super().to_internal_value(data)
