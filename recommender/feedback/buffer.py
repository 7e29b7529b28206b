"""The Redis list in which feedback waits for the job that writes it; bounded, and never missed.

Losing it loses measurements, never anything of a person's.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from prometheus_client import Counter
from redis import RedisError

from recommender.redis_batch import Command, RedisBatch
from recommender.redis_connection import RedisUnavailableError, redis_guard

KEY = "movieshow:feedback:1"
MAX_ENTRIES = 200_000
_PUSH = (
    "if redis.call('llen',KEYS[1])>=tonumber(ARGV[1]) then return 0 end "
    "return redis.call('rpush',KEYS[1],unpack(ARGV,2))"
)

entries_counter = Counter(
    "movieshow_feedback_entries_total",
    "Notes of what was shown and done: buffered, full where the buffer was, lost without Redis.",
    ["outcome"],
)


def push(entry: dict[str, Any]) -> bool:
    """Add one entry: one round trip; False where Redis is away or the buffer is full."""
    try:
        with redis_guard() as client:
            kept = client.execute_command(*_command(entry))  # type: ignore[no-untyped-call]
            is_kept = bool(kept)
    except (RedisUnavailableError, RedisError, OSError):
        entries_counter.labels("lost").inc()
        return False
    _count(is_kept)
    return is_kept


def push_with(batch: RedisBatch, entry: dict[str, Any], *, kept: Callable[[], None]) -> None:
    """Add one entry with the rest of the batch; `kept` is told once it is in the buffer."""

    def tell(is_kept: int) -> None:
        _count(bool(is_kept))
        if is_kept:
            kept()

    batch.add(*_command(entry), on_result=tell)


def _command(entry: dict[str, Any]) -> Command:
    return "EVAL", _PUSH, 1, KEY, MAX_ENTRIES, json.dumps(entry, separators=(",", ":"))


def _count(is_kept: bool) -> None:
    entries_counter.labels("buffered" if is_kept else "full").inc()


def read(*, limit: int) -> list[bytes]:
    """Return the oldest entries, which stay until `drop` is called; none without Redis."""
    try:
        with redis_guard() as client:
            return cast(list[bytes], client.lrange(KEY, 0, limit - 1))
    except (RedisUnavailableError, RedisError, OSError):
        return []


def drop(entries: Sequence[bytes]) -> None:
    """Remove the oldest entries, once they are written; what stays by a failure is written twice.

    Writing twice changes nothing.
    """
    try:
        with redis_guard() as client:
            client.ltrim(KEY, len(entries), -1)
    except (RedisUnavailableError, RedisError, OSError):
        return
