"""Cursors are opaque, survive a round trip and refuse what they did not make."""

import pytest

from movieshow.cursors import Cursor, InvalidCursorError, decode_cursor, encode_cursor


@pytest.mark.parametrize("cursor", [Cursor(None, 10), Cursor("ab12", 0)])
def test_cursor_survives_a_round_trip(cursor: Cursor) -> None:
    assert decode_cursor(encode_cursor(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "!!", "bm8", "WzFd", "W251bGwsLTFd", "W251bGwsMS41XQ", "WyJhOmIiLDFd", "é", "e30"]
)
def test_foreign_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor(text)
