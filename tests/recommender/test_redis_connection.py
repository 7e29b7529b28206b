"""Redis being away costs one short wait now and then, not one a request."""

import time

import pytest
from pytest_django.fixtures import Settings
from redis import RedisError

from recommender.redis_connection import (
    CircuitBreaker,
    RedisUnavailableError,
    breaker,
    redis_guard,
)


def test_breaker_opens_on_failure_and_lets_one_caller_try_again() -> None:
    circuit = CircuitBreaker(open_seconds=0.05)
    circuit.check()
    circuit.record_failure()
    with pytest.raises(RedisUnavailableError):
        circuit.check()
    time.sleep(0.06)
    circuit.check()
    with pytest.raises(RedisUnavailableError):
        circuit.check()
    circuit.record_success()
    circuit.check()


def test_second_call_does_not_wait_for_a_redis_that_is_away(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    try:
        with pytest.raises((RedisError, OSError)), redis_guard() as client:
            client.ping()
        with pytest.raises(RedisUnavailableError), redis_guard():
            pytest.fail("a Redis that was away is asked again at once")
    finally:
        breaker.record_success()
