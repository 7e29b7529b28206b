"""Counters are for operators: by token, or from this computer where there is no proxy."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from recommender.redis_connection import breaker

CACHE = "movieshow_recommendation_cache_requests_total"


def read_cache_counts() -> dict[str, float]:
    """Return how often the cache of recommendations was asked, by outcome, as operators read it."""
    families = text_string_to_metric_families(Client().get("/metrics").text)
    return {
        sample.labels["outcome"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == CACHE
    }


def test_this_computer_reads_the_counters() -> None:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert "movieshow_recommendation_cache_requests_total" in answer.text


@pytest.mark.parametrize(
    "extra", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}]
)
def test_others_do_not(extra: dict[str, str]) -> None:
    assert Client().get("/metrics", **extra).status_code == 403  # type: ignore[arg-type]


def test_behind_a_proxy_nobody_does_without_a_token(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "s3cret"
    answer = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer s3cret")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer s3cret", 200), ("Bearer x", 403), ("", 403)]
)
def test_token_decides_where_there_is_one(settings: Settings, given: str, status: int) -> None:
    settings.METRICS_TOKEN = "s3cret"
    answer = Client().get("/metrics", HTTP_AUTHORIZATION=given, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == status


def test_counters_are_only_read() -> None:
    assert Client().post("/metrics").status_code == 405


def test_hits_misses_and_bypasses_of_the_recommendation_cache_are_counted(
    db: None, settings: Settings
) -> None:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("metered"))

    def ask() -> dict[str, float]:
        before = read_cache_counts()
        assert client.get("/api/v1/me/recommendations").status_code == 200
        after = read_cache_counts()
        grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
        return {name: value for name, value in grown.items() if value}

    assert ask() == {"miss": 1}
    assert ask() == {"hit": 1}
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert ask() == {"bypass": 1}
    breaker.record_success()


def test_requests_are_counted_by_view_method_and_status() -> None:
    Client().get("/healthz")
    Client().post("/no/such/page/")
    counted = Client().get("/metrics").text
    assert 'movieshow_request_seconds_count{method="GET",status="200",view="healthz"}' in counted
    assert 'movieshow_request_seconds_count{method="POST",status="404",view="unnamed"}' in counted
