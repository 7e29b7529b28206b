"""Answers in Redis: the only place that knows a cache key.

A key names all that an answer depends on, so nothing is ever deleted: a rating makes a new key,
and the old answer expires. Redis holds copies alone; without it answers are computed each time.
"""

import hashlib
import re
import time
import uuid
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.utils.translation import get_language
from prometheus_client import Counter
from redis import Redis, RedisError

from recommender.experiments.arms import ServedArm
from recommender.redis_batch import RedisBatch
from recommender.redis_connection import RedisUnavailableError, redis_guard
from recommender.serving import ServingState

# The number goes up when the shape of what is kept changes.
PREFIX = "movieshow:rec:6"
KEY_PARTS = 7
FLIGHT_SECONDS = 3.0
_POLL_SECONDS = 0.02
# A fifth of the size for 50 microseconds once and 9 at each hit (docs/LOG.md).
_COMPRESSION = 1
_RELEASE = "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end"
# An answer that came meanwhile, 1 for who leads from now on, 0 for who waits. The look-up is
# counted, once it has an end, under all keys from the third on.
_FIND_OR_LEAD = (
    "local found=redis.call('get',KEYS[1]) "
    "if not found and not redis.call('set',KEYS[2],ARGV[1],'nx','px',ARGV[2]) then return 0 end "
    "for i=3,#KEYS do redis.call('hincrby',KEYS[i],found and 'hit' or 'miss',1) "
    "redis.call('expire',KEYS[i],ARGV[3]) end return found or 1"
)
_STORE_AND_RELEASE = f"redis.call('set',KEYS[2],ARGV[2],'ex',ARGV[3]) {_RELEASE}"

# How often answers of a model version or an arm were found is kept so long after the last.
LOOKUPS = "movieshow:lookups"
LOOKUPS_SECONDS = 30 * 86_400
_ARM = re.compile(r"-|\d+[rp]")
# The kind of answer that the arms of the home page's rows shape, and no other.
ROWS = "home"

requests_counter = Counter(
    "movieshow_recommendation_cache_requests_total",
    "Recommendations looked up in the cache, by outcome: hit, miss, or bypass where Redis is away.",
    ["outcome"],
)


@dataclass(frozen=True, slots=True)
class Lookups:
    """How often answers were looked for here and found, or not."""

    hits: int = 0
    misses: int = 0

    @property
    def hit_rate(self) -> float | None:
        """The share found, 0 to 1; None where nothing was looked for."""
        total = self.hits + self.misses
        return self.hits / total if total else None


def make_key(kind: str, *, state: ServingState, user_id: int | None, options: str) -> str:
    """Return the key of an answer: person, versions of taste, model and catalogue, arm, options.

    The model is the one that serves the arm. Its version and hash both count: ids start again when
    a database is made anew.
    """
    digest = _digest(f"{get_language()}{options}")
    model = _name_model(state.served_model_id, state.served_sha256)
    return ":".join(
        (
            PREFIX,
            kind,
            str(user_id or "anyone"),
            str(state.taste_version),
            model,
            str(state.catalogue_version),
            f"{name_arm(state.ranking_arm)}{name_arm(state.row_arm)}",
            digest,
        )
    )


def _name_model(version_id: int | None, sha256: str) -> str:
    return f"{version_id or 0}.{sha256[:8]}"


@lru_cache(maxsize=1024)
def _name_lookups(kind: str, model: str, arms: str) -> tuple[str, ...]:
    """Return the keys under which answers of this kind and model to these arms are counted."""
    ranking_arm, row_arm = _ARM.findall(arms)
    shaping = (ranking_arm, row_arm) if kind == ROWS else (ranking_arm,)
    tried = (f"{LOOKUPS}:arm:{name[:-1]}" for name in shaping if name.endswith("r"))
    return f"{LOOKUPS}:model:{model}", *tried


def read_model_lookups(*, version_id: int, sha256: str) -> Lookups:
    """Return how often answers of a model version were looked for, in Redis' memory of a month."""
    return _read_lookups([f"{LOOKUPS}:model:{_name_model(version_id, sha256)}"])[0]


def read_arm_lookups(arm_ids: Sequence[int]) -> dict[int, Lookups]:
    """Return how often answers of arms were looked for while they ran, by arm."""
    found = _read_lookups([f"{LOOKUPS}:arm:{arm_id}" for arm_id in arm_ids])
    return dict(zip(arm_ids, found, strict=True))


def _read_lookups(names: Sequence[str]) -> list[Lookups]:
    """Return what was counted under these keys: nothing where Redis is away."""
    try:
        with redis_guard() as client:
            pipeline = client.pipeline(transaction=False)
            for name in names:
                pipeline.hmget(name, "hit", "miss")
            rows = pipeline.execute()
    except (RedisUnavailableError, RedisError, OSError):
        return [Lookups() for _ in names]
    return [Lookups(int(hits or 0), int(misses or 0)) for hits, misses in rows]


@lru_cache(maxsize=1024)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def name_arm(arm: ServedArm | None) -> str:
    """Return what tells an arm's answers from others'; one promoted answers as itself."""
    return "-" if arm is None else f"{arm.arm_id}{'r' if arm.is_running else 'p'}"


def make_ranking_key(user_id: int | None, recommendation_id: str) -> str:
    """Return the key of a whole ranking: it is that person's alone."""
    return f"{PREFIX}:ranking:{user_id or 'anyone'}:{recommendation_id}"


def get_or_compute(
    key: str,
    compute: Callable[[], tuple[bytes, bool]],
    *,
    batch: RedisBatch | None = None,
    is_counted: bool = True,
) -> bytes:
    """Return the cached bytes, or compute them once however many ask at the same time.

    `compute` returns the bytes and whether they may be kept; what it puts into `batch` is sent
    with them. Others that miss meanwhile wait up to three seconds for the first, then compute by
    themselves. `is_counted` counts the look-up: not to be said where nobody asked.
    """
    try:
        with redis_guard() as client:
            found, token = _look_up(client, key, is_counted=is_counted)
    except (RedisUnavailableError, RedisError, OSError):
        if is_counted:
            requests_counter.labels("bypass").inc()
        return compute()[0]
    if is_counted:
        requests_counter.labels("miss" if found is None else "hit").inc()
    if found is not None:
        return zlib.decompress(found)
    kept: bytes | None = None
    batch = batch or RedisBatch()
    try:
        answer, may_keep = compute()
        kept = answer if may_keep else None
    finally:
        _end_flight(key, token, kept, batch)
    return answer


def fetch(key: str) -> bytes | None:
    """Return what is kept under a key; None where there is nothing or Redis is away."""
    try:
        with redis_guard() as client:
            return cast(bytes | None, client.get(key))
    except (RedisUnavailableError, RedisError, OSError):
        return None


def store(key: str, answer: bytes) -> bool:
    """Keep bytes for as long as the settings say; False where Redis is away."""
    batch = RedisBatch()
    store_with(batch, key, answer)
    return _send(batch)


def store_with(batch: RedisBatch, key: str, answer: bytes) -> None:
    """Keep bytes for as long as the settings say, once the batch is sent."""
    batch.add("SET", key, answer, "EX", settings.RECOMMENDATION_CACHE_SECONDS)


def _send(batch: RedisBatch) -> bool:
    """Send what waits; it is lost, and False returned, where Redis is away."""
    try:
        with redis_guard() as client:
            batch.send(client)
    except (RedisUnavailableError, RedisError, OSError):
        return False
    return True


def forget_person(user_id: int) -> int:
    """Delete what is kept of a person who was deleted; return how many answers.

    Where Redis is away it expires by itself, within the time that the settings say.
    """
    forgotten = 0
    try:
        with redis_guard() as client:
            for key in client.scan_iter(match=f"{PREFIX}:*:{user_id}:*", count=1000):
                # The number may stand for a version in the key of somebody else.
                if key.decode().removeprefix(PREFIX).split(":")[2] == str(user_id):
                    forgotten += client.delete(key)
    except (RedisUnavailableError, RedisError, OSError):
        return forgotten
    return forgotten


def _look_up(client: Redis, key: str, *, is_counted: bool) -> tuple[bytes | None, str]:
    """Return the kept bytes, or None and the token of the flight this caller now leads."""
    token, lease = uuid.uuid4().hex, str(int(FLIGHT_SECONDS * 1000))
    keys = (key, _flight(key), *(_get_lookup_keys(key) if is_counted else ()))
    arguments = (token, lease, str(LOOKUPS_SECONDS))
    deadline = time.monotonic() + FLIGHT_SECONDS
    while True:
        answer = cast(bytes | int, client.eval(_FIND_OR_LEAD, len(keys), *keys, *arguments))
        if isinstance(answer, bytes):
            return answer, token
        if answer or time.monotonic() > deadline:
            return None, token
        time.sleep(_POLL_SECONDS)


def _get_lookup_keys(key: str) -> tuple[str, ...]:
    """Return where a look-up of this key is counted, nowhere if `make_key` did not make it."""
    parts = key.removeprefix(f"{PREFIX}:").split(":")
    return _name_lookups(parts[0], parts[3], parts[5]) if len(parts) == KEY_PARTS else ()


def _end_flight(key: str, token: str, answer: bytes | None, batch: RedisBatch) -> None:
    """Keep the answer, if it may be kept, and what goes with it, and let others go, at once."""
    seconds = settings.RECOMMENDATION_CACHE_SECONDS
    if answer is None:
        batch.add("EVAL", _RELEASE, 1, _flight(key), token)
    else:
        names = (_flight(key), key)
        kept = zlib.compress(answer, _COMPRESSION)
        batch.add("EVAL", _STORE_AND_RELEASE, 2, *names, token, kept, seconds)
    _send(batch)


def _flight(key: str) -> str:
    return f"{key}:flight"
