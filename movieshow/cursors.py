"""Opaque cursors: which answer, and how far into it."""

import base64
import binascii
import json
from dataclasses import dataclass

MAX_OFFSET = 1_000_000


class InvalidCursorError(ValueError):
    """The cursor is not one that an answer carried."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an answer; `recommendation_id` is None for answers that are not kept."""

    recommendation_id: str | None
    offset: int


def encode_cursor(cursor: Cursor) -> str:
    """Return the cursor as text for a URL."""
    raw = json.dumps([cursor.recommendation_id, cursor.offset], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Return the place a cursor names.

    Raises:
        InvalidCursorError: it names none.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        recommendation_id, offset = json.loads(raw)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidCursorError("The cursor is not one that an answer carried.") from error
    is_id = recommendation_id is None or (
        isinstance(recommendation_id, str) and recommendation_id.isalnum()
    )
    if not is_id or type(offset) is not int or not 0 <= offset <= MAX_OFFSET:
        raise InvalidCursorError("The cursor is not one that an answer carried.")
    return Cursor(recommendation_id, offset)
