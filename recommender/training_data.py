"""What fine-tuning reads from Postgres: when it is due, whose ratings it may use, and a replay.

Rating events carry the id of their writing transaction. A training's watermark is the xmin of the
snapshot it read: every transaction below it had ended, so its events were seen. Those at or above
it may have committed later, whatever their ids and clocks say, and count as new unless they were
seen already.
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from catalog.models import Rating, RatingEvent
from recommender.ml.histories import History
from recommender.models import ModelVersion

MIN_HISTORY = 2
REPLAY_PEOPLE = 400
VALIDATION_PEOPLE = 200
VALIDATION_MIN_HISTORY = 5
# One imported person in ten is kept for the guardrail and never replayed.
VALIDATION_MODULUS = 10


@dataclass(frozen=True)
class Watermark:
    """How far a training has seen: all below `transaction_id`, and `event_ids` at or above it."""

    transaction_id: int
    event_ids: tuple[int, ...]


def read_watermark() -> Watermark:
    """Return the watermark of what is committed now; read the data after it, never before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
        transaction_id: int = cursor.fetchone()[0]
    seen = RatingEvent.objects.filter(transaction_id__gte=transaction_id)
    return Watermark(transaction_id, tuple(seen.order_by("pk").values_list("pk", flat=True)))


def find_events(*, since: int) -> QuerySet[RatingEvent]:
    """Return the events of consenting real people in transactions from `since` on.

    A watermark above every transaction of this server comes from another one (a restored dump):
    nothing can be said then of what was seen, and all events count.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmax(txid_current_snapshot())")
        newest: int = cursor.fetchone()[0]
    return RatingEvent.objects.filter(
        transaction_id__gte=since if since <= newest else 0,
        user__dataset="",
        user__allows_training=True,
        user__is_active=True,
    )


def is_new_data(version: ModelVersion) -> bool:
    """Whether somebody rated anything since the last attempt to fine-tune this version's lineage.

    A rejected attempt counts: the same events would be rejected again.
    """
    base_id = version.base_id or version.pk
    last = (
        ModelVersion.objects.filter(base_id=base_id, kind=ModelVersion.Kind.FINETUNED)
        .order_by("-watermark", "-pk")
        .first()
    ) or version
    seen = last.metrics.get("seen_event_ids", [])
    return find_events(since=last.watermark).exclude(pk__in=seen).exists()


def read_member_histories(*, base: ModelVersion) -> list[History]:
    """Return the histories of everyone who rated since the base was trained.

    Their ratings as they stand now, so what was taken back is gone; at least two films each.
    """
    people = find_events(since=base.watermark).values("user_id")
    return _read_histories(people)


def read_replay_histories(*, seed: int) -> list[History]:
    """Return histories of a sample of imported people, another one for each `seed`."""
    people = (
        User.objects.exclude(dataset="")
        .filter(allows_training=True)
        .extra(
            where=["accounts_user.dataset_user_id %% %s <> 0"],
            params=[VALIDATION_MODULUS],
            select={"shuffle": "md5(accounts_user.id::text || %s)"},
            select_params=[str(seed)],
            order_by=["shuffle"],
        )
        .values_list("pk", flat=True)
    )
    return _read_histories(list(people[:REPLAY_PEOPLE]))


def read_validation_histories() -> list[History]:
    """Return histories of the imported people kept for the guardrail: the same each time."""
    people = (
        User.objects.exclude(dataset="")
        .filter(allows_training=True)
        .extra(where=["accounts_user.dataset_user_id %% %s = 0"], params=[VALIDATION_MODULUS])
        .order_by("dataset", "dataset_user_id")
        .values_list("pk", flat=True)
    )
    histories = _read_histories(list(people[:VALIDATION_PEOPLE]))
    return [history for history in histories if len(history) >= VALIDATION_MIN_HISTORY]


def _read_histories(people: object) -> list[History]:
    rows = (
        Rating.objects.filter(user_id__in=people)  # type: ignore[misc]
        .order_by("user_id", "watched_at", "id")
        .values_list("user_id", "movie_id", "stars", "watched_at")
    )
    histories = []
    for _user, films in groupby(rows.iterator(chunk_size=20_000), key=itemgetter(0)):
        _users, movie_ids, stars, times = zip(*films, strict=True)
        seconds = [int(at.timestamp()) for at in times]
        histories.append(History.of(movie_ids, stars=stars, timestamps=seconds))
    return [history for history in histories if len(history) >= MIN_HISTORY]
