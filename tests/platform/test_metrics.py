"""Counters are for operators: by token, or from this computer without a proxy between."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings


def test_this_computer_reads_the_counters() -> None:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert "movieshow_recommendation_cache_requests_total" in answer.text


@pytest.mark.parametrize(
    "extra", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}]
)
def test_others_do_not(extra: dict[str, str]) -> None:
    assert Client().get("/metrics", **extra).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer s3cret", 200), ("Bearer x", 403), ("", 403)]
)
def test_token_decides_where_there_is_one(settings: Settings, given: str, status: int) -> None:
    settings.METRICS_TOKEN = "s3cret"
    answer = Client().get("/metrics", HTTP_AUTHORIZATION=given, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == status


def test_counters_are_only_read() -> None:
    assert Client().post("/metrics").status_code == 405
