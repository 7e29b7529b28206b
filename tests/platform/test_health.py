"""Load balancers get true answers."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from movieshow import health


@pytest.fixture
def failing_check(monkeypatch: pytest.MonkeyPatch) -> str:
    """A registered check of something that is not ready."""
    monkeypatch.setattr(health, "_checks", dict(health._checks))

    def check() -> None:
        raise health.NotReadyError("the pot is empty")

    health.register_readiness_check("coffee", check)
    return "coffee"


@pytest.mark.django_db
def test_healthz_asks_no_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.status_code == 200
    assert response.content == b"ok\n"


@pytest.mark.django_db
def test_readyz_names_each_check() -> None:
    checks = health.collect_readiness()
    assert {"database", "migrations", "redis", "model"} <= checks.keys()
    assert checks["database"] == checks["migrations"] == checks["redis"] == "ok"


@pytest.mark.django_db
def test_readyz_is_503_and_says_what_is_not_ready(client: Client, failing_check: str) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert response.json()["checks"][failing_check] == "the pot is empty"


@pytest.mark.django_db
def test_readyz_notices_a_redis_that_is_gone(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"] == "Redis does not answer"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_answers_are_not_cached(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


def test_two_checks_of_one_name_are_refused(failing_check: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=failing_check):
        health.register_readiness_check(failing_check, lambda: None)
