"""What fine-tuning reads from Postgres: when it is due, whose ratings it may use, and a replay.

Rating events carry the id of their writing transaction. A training's watermark is the xmin of the
snapshot it read: every transaction below it had ended, so its events were seen. Those at or above
it may have committed later, whatever their ids and clocks say, and count as new unless they were
seen already.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from accounts.models import User
from catalog.models import Rating, RatingEvent
from recommender.ml.histories import History
from recommender.models import ModelVersion

MIN_HISTORY = 2
# More than a training of some minutes can read.
MAX_MEMBERS = 10_000
# Anybody is as many guests as they like, and could have a film recommended to everybody: of guests
# one to so many members is read, or a few beside the replay, and of each their last films.
MEMBERS_PER_GUEST, MIN_GUESTS, MAX_FILMS_OF_GUEST = 10, 5, 100
REPLAY_PEOPLE = 400
VALIDATION_PEOPLE = 200
# With fewer, chance decides which of two models looks better.
MIN_VALIDATION = 20
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
    """Whether enough was rated since the last attempt to fine-tune this version's lineage.

    That is `FINETUNE_MIN_RATINGS` films, each of a person counted once, or any film that a member
    rated `FINETUNE_MAX_WAIT_SECONDS` ago: a few of some guest are no reason to change what all are
    shown, and what a quiet site's members rate is learnt all the same.
    """
    new = find_new_events(version)
    if count_films(new, most=settings.FINETUNE_MIN_RATINGS) >= settings.FINETUNE_MIN_RATINGS:
        return new.exists()
    waited = timezone.now() - timedelta(seconds=settings.FINETUNE_MAX_WAIT_SECONDS)
    return new.filter(user__is_guest=False, created_at__lte=waited).exists()


def count_films(events: QuerySet[RatingEvent], *, most: int) -> int:
    """Return how many films these events are of, at most so many; each of a person counts once."""
    return events.values("user_id", "movie_id").distinct()[:most].count()


def find_new_events(version: ModelVersion) -> QuerySet[RatingEvent]:
    """Return the events since the last attempt to fine-tune this version's lineage.

    A rejected attempt counts: the same events would be rejected again. Attempts are made one by
    one, so the last has the highest id; watermarks of another server may be higher (a restored
    dump).
    """
    base_id = version.base_id or version.pk
    last = (
        ModelVersion.objects.filter(base_id=base_id, kind=ModelVersion.Kind.FINETUNED)
        .order_by("-pk")
        .first()
    ) or version
    seen = last.metrics.get("seen_event_ids", [])
    return find_events(since=last.watermark).exclude(pk__in=seen)


@dataclass(frozen=True)
class ValidationSample:
    """Whom the guardrail asks for their last film, and of which members no training may see it."""

    histories: list[History]
    member_ids: frozenset[int] = frozenset()

    @property
    def is_large_enough(self) -> bool:
        """Whether a difference between two models means anything."""
        return len(self.histories) >= MIN_VALIDATION


def read_member_histories(
    *, base: ModelVersion, held_out: Collection[int] = ()
) -> dict[int, History]:
    """Return the histories of those who rated since the base was trained, by their id.

    Their ratings as they stand now, so what was taken back is gone; at least two films each. Of
    more than 10,000 people those who rated last, and of guests no more than a few. Of those
    `held_out` the last film is left out.
    """
    people = (
        find_events(since=base.watermark)
        .values("user_id")
        .annotate(last_event=Max("pk"))
        .order_by("-last_event")
        .values_list("user_id", flat=True)
    )
    members = list(people.filter(user__is_guest=False)[:MAX_MEMBERS])
    most = max(MIN_GUESTS, len(members) // MEMBERS_PER_GUEST)
    guests = frozenset(people.filter(user__is_guest=True)[:most])
    histories = {}
    for user_id, history in _read_histories([*members, *guests]).items():
        kept = slice(-MAX_FILMS_OF_GUEST, None) if user_id in guests else slice(None)
        histories[user_id] = history.select(slice(-1) if user_id in held_out else kept)
    return histories


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
    return list(_read_histories(list(people[:REPLAY_PEOPLE])).values())


def read_validation_sample() -> ValidationSample:
    """Return whom the guardrail asks: the imported people kept for it, the same each time.

    Where these are too few, as in a site without a data set of ratings, consenting members are
    asked as well, those of longest standing first. Their histories are trained on too, so their
    last film is the question: the training that is to be judged leaves it out, else it would know
    the answers and the guardrail could not fail. It costs one film of each until they rate another.
    """
    imported = (
        User.objects.exclude(dataset="")
        .filter(allows_training=True)
        .extra(where=["accounts_user.dataset_user_id %% %s = 0"], params=[VALIDATION_MODULUS])
        .order_by("dataset", "dataset_user_id")
        .values_list("pk", flat=True)
    )
    sample = ValidationSample(list(_read_long_histories(imported).values()))
    if sample.is_large_enough:
        return sample
    members = _read_long_histories(
        User.objects.filter(dataset="", is_guest=False, allows_training=True, is_active=True)
        .annotate(num_films=Count("ratings"))
        .filter(num_films__gte=VALIDATION_MIN_HISTORY)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return ValidationSample([*sample.histories, *members.values()], frozenset(members))


def _read_long_histories(people: QuerySet[User, int]) -> dict[int, History]:
    histories = _read_histories(list(people[:VALIDATION_PEOPLE]))
    return {
        user_id: history
        for user_id, history in histories.items()
        if len(history) >= VALIDATION_MIN_HISTORY
    }


def _read_histories(people: object) -> dict[int, History]:
    rows = (
        Rating.objects.filter(user_id__in=people)  # type: ignore[misc]
        .order_by("user_id", "watched_at", "id")
        .values_list("user_id", "movie_id", "stars", "watched_at")
    )
    histories = {}
    for user_id, films in groupby(rows.iterator(chunk_size=20_000), key=itemgetter(0)):
        _users, movie_ids, stars, times = zip(*films, strict=True)
        seconds = [int(at.timestamp()) for at in times]
        histories[user_id] = History.of(movie_ids, stars=stars, timestamps=seconds)
    return {pk: history for pk, history in histories.items() if len(history) >= MIN_HISTORY}
