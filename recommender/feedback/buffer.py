"""The Redis list in which feedback waits for the job that writes it; bounded, and never missed.

Losing it loses measurements, never anything of a person's.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from prometheus_client import Counter
from redis import RedisError

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
    raw = json.dumps(entry, separators=(",", ":"))
    try:
        with redis_guard() as client:
            is_kept = bool(client.eval(_PUSH, 1, KEY, str(MAX_ENTRIES), raw))
    except (RedisUnavailableError, RedisError, OSError):
        entries_counter.labels("lost").inc()
        return False
    entries_counter.labels("buffered" if is_kept else "full").inc()
    return is_kept


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
