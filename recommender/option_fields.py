"""The kinds of options that the recommendation API takes: dials, and things by their names."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from recommender.names import UnknownNameError

MAX_NAMES = 50
FindIds = Callable[[Sequence[str]], list[int]]


def check_finite(value: float) -> None:
    """Refuse what is no number: it passes every comparison.

    Raises:
        ValidationError: the value is NaN or infinite.
    """
    if not math.isfinite(value):
        raise serializers.ValidationError(_("Give a number."))


class DialField(serializers.FloatField):
    """Where a taste dial stands, from -1 to 1 unless `min_value` says otherwise."""

    def __init__(self, *, help_text: str, min_value: float = -1) -> None:
        super().__init__(
            min_value=min_value,
            max_value=1,
            validators=[check_finite],
            required=False,
            help_text=help_text,
        )


class NamesField(serializers.ListField):
    """Things by name or slug: a JSON list, or in a URL repeated or separated by commas."""

    child = serializers.CharField(max_length=100)

    def __init__(self, *, find: FindIds, **options: Any) -> None:
        self._find = find
        super().__init__(required=False, **options)

    def get_value(self, dictionary: Any) -> Any:
        """Join what the URL repeats."""
        if hasattr(dictionary, "getlist"):
            values = dictionary.getlist(self.field_name)
            return values or serializers.empty
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> list[int]:
        """Return ids.

        Raises:
            ValidationError: a name is nothing's, or there are too many.
        """
        values = [data] if isinstance(data, str) else data
        # Before the names are looked at: each bad one would cost an error of its own.
        if isinstance(values, list) and len(values) > MAX_NAMES:
            raise serializers.ValidationError(_("Give at most %(max)d names.") % {"max": MAX_NAMES})
        names = super().to_internal_value(values)
        parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
        try:
            return self._find(parts)
        except UnknownNameError as error:
            raise serializers.ValidationError(str(error)) from error
