"""The buffer that notes wait in."""

import json

import pytest
from pytest_django.fixtures import Settings

from recommender.feedback import buffer as feedback_buffer


def test_full_buffer_takes_no_more(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_buffer, "MAX_ENTRIES", 2)
    assert [feedback_buffer.push({"n": n}) for n in range(3)] == [True, True, False]
    assert [json.loads(raw)["n"] for raw in feedback_buffer.read(limit=9)] == [0, 1]
