"""What leaves for Redis together with an answer."""

from typing import Any

import pytest
from redis import RedisError

from recommender import cache
from recommender.outbox import Outbox
from recommender.redis_connection import redis_guard


def test_all_commands_leave_in_order_and_results_are_told() -> None:
    outbox = Outbox()
    told: list[Any] = []
    outbox.add("SET", "outbox:a", b"1")
    outbox.add("INCR", "outbox:a", told=told.append)
    with redis_guard() as client:
        outbox.send(client)
        assert client.get("outbox:a") == b"2"
    assert told == [2]


def test_what_was_sent_is_not_sent_again() -> None:
    outbox = Outbox()
    outbox.add("INCR", "outbox:b")
    with redis_guard() as client:
        outbox.send(client)
        outbox.send(client)
        assert client.get("outbox:b") == b"1"


def test_failing_command_raises() -> None:
    outbox = Outbox()
    outbox.add("INCR")
    with pytest.raises(RedisError), redis_guard() as client:
        outbox.send(client)


def test_answer_takes_what_goes_with_it_along() -> None:
    outbox = Outbox()

    def compute() -> tuple[bytes, bool]:
        cache.store_with(outbox, "outbox:ranking", b"ranking")
        assert cache.fetch("outbox:ranking") is None
        return b"answer", True

    assert cache.get_or_compute("outbox:answer", compute, outbox=outbox) == b"answer"
    assert cache.fetch("outbox:ranking") == b"ranking"
    assert cache.get_or_compute("outbox:answer", lambda: (b"other", True)) == b"answer"


def test_hit_sends_nothing() -> None:
    cache.get_or_compute("outbox:kept", lambda: (b"kept", True))
    outbox = Outbox()
    outbox.add("SET", "outbox:unwanted", b"")
    assert cache.get_or_compute("outbox:kept", lambda: (b"new", True), outbox=outbox) == b"kept"
    assert cache.fetch("outbox:unwanted") is None
