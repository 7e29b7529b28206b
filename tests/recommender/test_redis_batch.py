"""What leaves for Redis together with an answer."""

from typing import Any

import pytest
from redis import RedisError

from recommender import cache
from recommender.redis_batch import RedisBatch
from recommender.redis_connection import redis_guard


def test_all_commands_leave_in_order_and_results_are_told() -> None:
    batch = RedisBatch()
    told: list[Any] = []
    batch.add("SET", "batch:a", b"1")
    batch.add("INCR", "batch:a", on_result=told.append)
    with redis_guard() as client:
        batch.send(client)
        assert client.get("batch:a") == b"2"
    assert told == [2]


def test_what_was_sent_is_not_sent_again() -> None:
    batch = RedisBatch()
    batch.add("INCR", "batch:b")
    with redis_guard() as client:
        batch.send(client)
        batch.send(client)
        assert client.get("batch:b") == b"1"


def test_failing_command_raises() -> None:
    batch = RedisBatch()
    batch.add("INCR")
    with pytest.raises(RedisError), redis_guard() as client:
        batch.send(client)


def test_answer_takes_what_goes_with_it_along() -> None:
    batch = RedisBatch()

    def compute() -> tuple[bytes, bool]:
        cache.store_with(batch, "batch:ranking", b"ranking")
        assert cache.fetch("batch:ranking") is None
        return b"answer", True

    assert cache.get_or_compute("batch:answer", compute, batch=batch) == b"answer"
    assert cache.fetch("batch:ranking") == b"ranking"
    assert cache.get_or_compute("batch:answer", lambda: (b"other", True)) == b"answer"


def test_hit_sends_nothing() -> None:
    cache.get_or_compute("batch:kept", lambda: (b"kept", True))
    batch = RedisBatch()
    batch.add("SET", "batch:unwanted", b"")
    assert cache.get_or_compute("batch:kept", lambda: (b"new", True), batch=batch) == b"kept"
    assert cache.fetch("batch:unwanted") is None
