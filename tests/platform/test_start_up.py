"""A web process has its model before its first request, and starts without a database too."""

import pytest
from django.db import OperationalError

from movieshow import start_up


@pytest.fixture(autouse=True)
def own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_up, "_steps", {})


@pytest.mark.django_db
def test_every_step_is_run_once() -> None:
    done: list[str] = []
    start_up.register_start_up("a", lambda: done.append("a"))
    start_up.register_start_up("b", lambda: done.append("b"))
    start_up.run_start_up()
    assert done == ["a", "b"]


@pytest.mark.django_db
def test_missing_database_does_not_stop_the_process() -> None:
    def fail() -> None:
        raise OperationalError("no server")

    start_up.register_start_up("model", fail)
    start_up.run_start_up()
