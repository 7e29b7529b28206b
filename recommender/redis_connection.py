"""One Redis client with short timeouts, and a circuit breaker so that its absence costs little."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = structlog.get_logger(__name__)

CONNECT_TIMEOUT_SECONDS = 0.2
ANSWER_TIMEOUT_SECONDS = 0.5
OPEN_SECONDS = 3.0


class RedisUnavailableError(Exception):
    """Redis failed a moment ago and is not asked again yet."""


class CircuitBreaker:
    """Lets calls through until one fails, then none for `open_seconds`, then one to try."""

    def __init__(self, *, open_seconds: float) -> None:
        self._open_seconds = open_seconds
        self._open_until = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise while the circuit is open; the first caller after that goes and tries.

        Raises:
            RedisUnavailableError: the last failure is too recent.
        """
        with self._lock:
            now = time.monotonic()
            if now < self._open_until:
                raise RedisUnavailableError("Redis failed a moment ago")
            if self._open_until:
                self._open_until = now + self._open_seconds  # the others wait for this one's news

    def record_failure(self) -> None:
        """Open the circuit."""
        with self._lock:
            self._open_until = time.monotonic() + self._open_seconds

    def record_success(self) -> None:
        """Close the circuit."""
        self._open_until = 0.0


breaker = CircuitBreaker(open_seconds=OPEN_SECONDS)


@lru_cache(maxsize=2)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=ANSWER_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


@contextmanager
def redis_guard() -> Iterator[Redis]:
    """Lend the client of `settings.REDIS_URL`; a failure inside opens the circuit and goes on up.

    Raises:
        RedisUnavailableError: Redis failed a moment ago and is not asked.
        RedisError: it fails now.
    """
    breaker.check()
    try:
        yield _client(settings.REDIS_URL)
    except (RedisError, OSError):
        breaker.record_failure()
        logger.warning("redis_failed", retry_in_seconds=OPEN_SECONDS)
        raise
    else:
        breaker.record_success()
