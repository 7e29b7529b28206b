"""Answers as bytes for the cache, and back."""

import hashlib
import json
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from recommender import cache
from recommender.answers import (
    FALLBACK_REASONS,
    FallbackReason,
    Filters,
    HomeRow,
    Reason,
    Recommendation,
)
from recommender.dials import DialOptions
from recommender.experiments.arms import ServedArm
from recommender.recommending import Ranking
from recommender.redis_batch import RedisBatch
from recommender.serving import Snapshot

# The first byte of a kept ranking is a place in it.
_REASONS: tuple[FallbackReason | None, ...] = (None, *FALLBACK_REASONS)
_ORIGIN_BYTES = 8
# Then comes how many bytes of options follow it.
_SIZE_BYTES = 4


@dataclass(frozen=True, slots=True)
class KeptRanking:
    """A ranking of an earlier page, the `origin` it was kept with, and what was asked for."""

    ranking: Ranking
    origin: bytes
    filters: Filters
    dials: DialOptions


def dump_rows(rows: list[HomeRow]) -> bytes:
    """Return the home page's rows as compact JSON."""
    return _dump(
        [
            [
                row.key,
                row.title,
                row.explanation,
                [_pack(item) for item in row.items],
                row.recommendation_id,
            ]
            for row in rows
        ]
    )


def load_rows(raw: bytes) -> list[HomeRow]:
    """Return the rows that `dump_rows` wrote."""
    return [
        HomeRow(key, title, explanation, tuple(_unpack(item) for item in items), page_id)
        for key, title, explanation, items, page_id in json.loads(raw)
    ]


def make_origin(snapshot: Snapshot, arm: ServedArm | None) -> bytes:
    """Return 8 bytes that stand for the model, the catalogue and the arm of an answer."""
    sha256 = snapshot.model.sha256 if snapshot.model else ""
    parts = (snapshot.model_version, sha256, snapshot.catalogue.version, cache.name_arm(arm))
    return hashlib.blake2b(repr(parts).encode(), digest_size=_ORIGIN_BYTES).digest()


def store_ranking(
    kept: KeptRanking, *, user_id: int, recommendation_id: str, batch: RedisBatch | None = None
) -> None:
    """Keep a whole ranking, so that its later pages agree with its first.

    It goes with the rest of `batch`, else at once.
    """
    ranking = kept.ranking
    options = _dump([astuple(kept.filters), astuple(kept.dials)])
    head = bytes([_REASONS.index(ranking.fallback_reason)]) + kept.origin
    head += len(options).to_bytes(_SIZE_BYTES, "little") + options
    raw = head + ranking.movie_ids.astype("<i8").tobytes() + ranking.scores.astype("<f4").tobytes()
    key = cache.make_ranking_key(user_id, recommendation_id)
    if batch is None:
        cache.store(key, raw)
    else:
        cache.store_with(batch, key, raw)


def fetch_ranking(*, user_id: int, recommendation_id: str) -> KeptRanking | None:
    """Return a person's kept ranking; None where it has expired or Redis is away."""
    raw = cache.fetch(cache.make_ranking_key(user_id, recommendation_id))
    if raw is None:
        return None
    origin_end = 1 + _ORIGIN_BYTES
    options_at = origin_end + _SIZE_BYTES
    start = options_at + int.from_bytes(raw[origin_end:options_at], "little")
    filters, dials = json.loads(raw[options_at:start])
    size = (len(raw) - start) // 12
    movie_ids = np.frombuffer(raw, dtype="<i8", count=size, offset=start)
    scores = np.frombuffer(raw, dtype="<f4", count=size, offset=start + 8 * size)
    ranking = Ranking(movie_ids, scores, fallback_reason=_REASONS[raw[0]])
    given: list[Any] = [tuple(value) if isinstance(value, list) else value for value in filters]
    return KeptRanking(ranking, raw[1:origin_end], Filters(*given), DialOptions(*dials))


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _pack(item: Recommendation) -> list[Any]:
    reasons = [[reason.kind, reason.text, reason.movie_id] for reason in item.reasons]
    stars = item.predicted_rating, item.predicted_range
    return [item.rank, item.movie_id, item.score, *stars, reasons]


def _unpack(raw: list[Any]) -> Recommendation:
    rank, movie_id, score, predicted_rating, ends, reasons = raw
    why = tuple(Reason(*reason) for reason in reasons)
    predicted_range = (ends[0], ends[1]) if ends else None
    return Recommendation(rank, movie_id, score, predicted_rating, why, predicted_range)
