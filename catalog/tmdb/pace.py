"""Spaces requests out, over all processes together; Redis keeps when the next may begin."""

import threading
import time

import structlog
from redis import Redis, RedisError

logger = structlog.get_logger(__name__)

KEY = "movieshow:tmdb:next-request"
TIMEOUT_SECONDS = 1.0
# Takes the next free moment and returns how many milliseconds away it is. The clock is Redis', so
# hosts need not agree on the time; a number this large must be written out, not as 1.7e+12.
TAKE_TURN = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.0f', turn + ARGV[1]), 'PX', 60000)
return turn - now
"""


class Pace:
    """Lets `per_second` requests begin each second, evenly spaced."""

    def __init__(self, *, per_second: float, redis_url: str) -> None:
        """Say how fast; nothing is connected yet."""
        self._interval = 1.0 / per_second
        self._redis = Redis.from_url(
            redis_url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )
        self._take_turn = self._redis.register_script(TAKE_TURN)
        self._lock = threading.Lock()
        self._next_turn = 0.0

    def wait(self) -> None:
        """Sleep until it is this caller's turn; without Redis this process keeps the pace alone."""
        try:
            milliseconds = self._take_turn(keys=[KEY], args=[max(1, round(self._interval * 1000))])
            seconds = float(milliseconds) / 1000
        except (RedisError, OSError) as error:
            logger.warning("tmdb_pace_without_redis", error=str(error))
            seconds = self._take_turn_alone()
        if seconds > 0:
            time.sleep(seconds)

    def _take_turn_alone(self) -> float:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_turn)
            self._next_turn = turn + self._interval
            return turn - now
