"""Answers in Redis: one computation a key, none lost when Redis is away."""

import dataclasses
import threading
import time

import pytest
from pytest_django.fixtures import Settings

from recommender import cache
from recommender.experiments.arms import PinnedModel, ServedArm
from recommender.redis_connection import redis_guard
from recommender.serving import ServingState

STATE = ServingState(3, 5, 7, "model", "models/x", "f" * 64)
ARM = ServedArm(1, 1, True, "model", None, None, "fixed")
PINNED = PinnedModel(8, "other", "models/y", "d" * 64)


def test_every_part_of_the_state_is_in_the_key() -> None:
    def key(**changes: object) -> str:
        parts = {field: getattr(STATE, field) for field in STATE.__slots__} | changes
        return cache.make_key("list", state=ServingState(**parts), user_id=1, options="a")

    keys = {
        key(),
        key(taste_version=4),
        key(catalogue_version=6),
        key(model_id=8),
        key(sha256="e" * 64),
        cache.make_key("list", state=STATE, user_id=2, options="a"),
        cache.make_key("list", state=STATE, user_id=None, options="a"),
        cache.make_key("list", state=STATE, user_id=1, options="b"),
        cache.make_key("home", state=STATE, user_id=1, options="a"),
        key(ranking_arm=ARM),
        key(row_arm=ARM),
        key(ranking_arm=dataclasses.replace(ARM, is_running=False)),
        key(ranking_arm=dataclasses.replace(ARM, ranking="popularity")),
        key(ranking_arm=dataclasses.replace(ARM, model=PINNED)),
    }
    assert len(keys) == 14


def test_second_request_is_a_hit() -> None:
    calls: list[int] = []

    def compute() -> tuple[bytes, bool]:
        calls.append(1)
        return b"answer", True

    assert [cache.get_or_compute("k", compute) for _ in range(3)] == [b"answer"] * 3
    assert len(calls) == 1


def test_kept_answers_are_small_and_come_back_whole() -> None:
    answer = b'{"title":"The Godfather","year":1972}' * 100
    assert cache.get_or_compute("k", lambda: (answer, True)) == answer
    with redis_guard() as client:
        kept = client.get("k")
    assert isinstance(kept, bytes)
    assert len(kept) < len(answer) / 5
    assert cache.get_or_compute("k", lambda: (b"other", True)) == answer


def test_answer_that_may_not_be_kept_is_computed_again() -> None:
    calls: list[int] = []

    def compute() -> tuple[bytes, bool]:
        calls.append(1)
        return b"old model", False

    for _ in range(2):
        assert cache.get_or_compute("k", compute) == b"old model"
    assert len(calls) == 2


def test_concurrent_misses_compute_once() -> None:
    calls: list[int] = []
    answers: list[bytes] = []

    def compute() -> tuple[bytes, bool]:
        calls.append(1)
        time.sleep(0.2)
        return b"answer", True

    threads = [
        threading.Thread(target=lambda: answers.append(cache.get_or_compute("k", compute)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"answer"] * 12
    assert len(calls) == 1


def test_failed_computation_lets_the_next_one_try_at_once() -> None:
    def fail() -> tuple[bytes, bool]:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        cache.get_or_compute("k", fail)
    with redis_guard() as client:
        assert client.keys("*:flight") == []
    assert cache.get_or_compute("k", lambda: (b"answer", True)) == b"answer"


def test_answers_come_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    for _ in range(20):
        assert cache.get_or_compute("k", lambda: (b"answer", True)) == b"answer"
    assert cache.fetch("k") is None
    assert cache.store("k", b"x") is False
    assert cache.read_arm_lookups([1]) == {1: cache.Lookups()}


def test_kept_answers_expire(settings: Settings) -> None:
    settings.RECOMMENDATION_CACHE_SECONDS = 100
    cache.get_or_compute("k", lambda: (b"answer", True))
    with redis_guard() as client:
        assert 0 < client.ttl("k") <= 100
        assert client.get("k:flight") is None


def test_lookups_are_counted_by_model_and_by_each_running_arm() -> None:
    def look(*times: int, **arms: ServedArm) -> None:
        state = dataclasses.replace(STATE, **arms)  # type: ignore[arg-type]
        for user_id in times:
            key = cache.make_key("home", state=state, user_id=user_id, options="a")
            cache.get_or_compute(key, lambda: (b"answer", True))

    look(1, 1, 1, 2)
    promoted = dataclasses.replace(ARM, arm_id=3, is_running=False)
    look(1, 1, ranking_arm=dataclasses.replace(ARM, model=PINNED), row_arm=promoted)
    look(1, 2, ranking_arm=promoted, row_arm=dataclasses.replace(ARM, arm_id=2))
    ours = cache.read_model_lookups(version_id=7, sha256="f" * 64)
    assert ours == cache.Lookups(hits=2, misses=4)
    assert ours.hit_rate == pytest.approx(1 / 3)
    assert cache.read_model_lookups(version_id=8, sha256="d" * 64).hit_rate == 0.5
    assert cache.read_model_lookups(version_id=7, sha256="e" * 64).hit_rate is None
    assert cache.read_arm_lookups([1, 2, 3]) == {
        1: cache.Lookups(1, 1),
        2: cache.Lookups(0, 2),
        3: cache.Lookups(),
    }
    with redis_guard() as client:
        assert client.ttl(f"{cache.LOOKUPS}:arm:1") > 0


def test_arm_of_the_rows_is_counted_for_the_rows_alone() -> None:
    state = dataclasses.replace(STATE, ranking_arm=ARM, row_arm=dataclasses.replace(ARM, arm_id=2))
    for kind in ("home", "tonight", "api"):
        key = cache.make_key(kind, state=state, user_id=1, options="a")
        cache.get_or_compute(key, lambda: (b"answer", True))
    assert cache.read_arm_lookups([ARM.arm_id, 2]) == {
        ARM.arm_id: cache.Lookups(misses=3),
        2: cache.Lookups(misses=1),
    }


def test_lookup_that_waits_for_another_is_counted_once() -> None:
    key = cache.make_key("list", state=STATE, user_id=1, options="a")
    threads = [
        threading.Thread(target=cache.get_or_compute, args=(key, _compute_slowly)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = cache.read_model_lookups(version_id=7, sha256="f" * 64)
    assert found == cache.Lookups(hits=4, misses=1)


def _compute_slowly() -> tuple[bytes, bool]:
    time.sleep(0.2)
    return b"answer", True


def test_answers_to_a_deleted_person_are_forgotten_and_nobody_elses() -> None:
    def key(user_id: int, **changes: object) -> str:
        parts = {field: getattr(STATE, field) for field in STATE.__slots__} | changes
        return cache.make_key("list", state=ServingState(**parts), user_id=user_id, options="a")

    theirs = [key(71), key(71, taste_version=9), cache.make_ranking_key(71, "x")]
    others = [key(72), key(7), key(72, taste_version=71), cache.make_ranking_key(None, "x")]
    for one in (*theirs, *others):
        cache.store(one, b"answer")
    assert cache.forget_person(71) == 3
    assert [cache.fetch(one) for one in theirs] == [None] * 3
    assert [cache.fetch(one) for one in others] == [b"answer"] * 4
