"""The job that writes buffered feedback to Postgres, in bulk and harmlessly twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from accounts.models import User
from catalog.models import Movie, Rating
from movieshow.advisory_locks import try_advisory_lock
from recommender.experiments.models import Arm, Exposure, RowDecision
from recommender.feedback import buffer as feedback_buffer
from recommender.feedback.models import Event, Impression
from recommender.feedback.noting import DID, RATED, SHOWN
from recommender.models import TasteProfile

logger = structlog.get_logger(__name__)

BATCH = 500
MAX_BATCHES = 400
INSERTED_AT_ONCE = 2_000
LIKED_STARS = 4
# A film rated so long after it was shown was not rated because of it.
ATTRIBUTION = timedelta(days=30)
WRITE_LOCK = 0x4D6F7666  # one writer at a time: the buffer is read and trimmed from its old end

_FIND_LAST_SHOWING = """
SELECT asked.number, shown.recommendation_id
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[])
     AS asked(number, user_id, movie_id, at)
CROSS JOIN LATERAL (
    SELECT recommendation_id FROM recommender_impression AS impression
    WHERE impression.user_id = asked.user_id AND impression.movie_id = asked.movie_id
      AND impression.shown_at BETWEEN asked.at - %s::interval AND asked.at
    ORDER BY shown_at DESC LIMIT 1
) AS shown
"""


@dataclass
class _Batch:
    """Rows of one batch of the buffer."""

    impressions: list[Impression] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    decisions: list[RowDecision] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def write_feedback() -> int:
    """Write what is buffered, oldest first; return how many entries there were.

    A batch whose transaction fails stays in the buffer for the next run. What is of people or films
    that are gone meanwhile is dropped; a guest who signed up meanwhile is found again. Where
    another writes at this moment, nothing is done.
    """
    with try_advisory_lock(WRITE_LOCK) as is_mine:
        return _write_batches() if is_mine else 0


def _write_batches() -> int:
    written = 0
    for _ in range(MAX_BATCHES):
        entries = feedback_buffer.read(limit=BATCH)
        if not entries:
            break
        with transaction.atomic():
            _write_batch(entries)
        feedback_buffer.drop(entries)
        written += len(entries)
    return written


def _write_batch(entries: Sequence[bytes]) -> None:
    parsed = [entry for raw in entries if (entry := _parse(raw)) is not None]
    people = _find_people({entry["user"] for entry in parsed})
    batch = _Batch()
    shown = [entry for entry in parsed if entry["what"] == SHOWN and entry["user"] in people]
    did = [entry for entry in parsed if entry["what"] == DID and entry["user"] in people]
    wanted = {film[0] for entry in shown for film in entry["films"]}
    movie_ids = _find_movies(wanted | {entry["movie"] for entry in did})
    arm_ids = set(Arm.objects.values_list("pk", flat=True)) if shown else set()
    for entry in shown:
        _add_showing(batch, entry, people[entry["user"]], movie_ids=movie_ids, arm_ids=arm_ids)
    Impression.objects.bulk_create(
        batch.impressions, batch_size=INSERTED_AT_ONCE, ignore_conflicts=True
    )
    Exposure.objects.bulk_create(batch.exposures, ignore_conflicts=True)
    RowDecision.objects.bulk_create(batch.decisions, ignore_conflicts=True)
    buffered = [
        _BufferedEvent(
            people[entry["user"]], entry["movie"], entry["kind"], entry["id"], _at(entry)
        )
        for entry in did
        if entry["movie"] in movie_ids
    ]
    Event.objects.bulk_create(_make_events(buffered), ignore_conflicts=True)


def _parse(raw: bytes) -> dict[str, Any] | None:
    """Return an entry, or None for one that another release wrote in another shape."""
    try:
        entry = json.loads(raw)
        is_known = _is_whole(entry)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        is_known = False
    if not is_known:
        logger.warning("feedback_entry_not_read", size=len(raw))  # what it says is a person's
        return None
    found: dict[str, Any] = entry
    return found


def _is_whole(entry: dict[str, Any]) -> bool:
    """Whether an entry has all that its rows are made of; what is amiss may be raised instead."""
    _at(entry)
    if entry["what"] == DID:
        UUID(str(entry["id"] or UUID(int=0)))
        is_known = entry["kind"] in (RATED, *Event.Kind.values)
        return is_known and _are_ids(entry["user"], entry["movie"])
    UUID(str(entry["id"]))
    if "decision" in entry:
        context, candidates, chosen = entry["decision"]
        if not all(isinstance(text, str) for text in (context, chosen, *candidates)):
            return False
    arms = [number for name in ("arm", "row_arm") for number in entry.get(name) or (0, 0)]
    films = [number for movie_id, rank, _ in entry["films"] for number in (movie_id, rank)]
    is_known = entry["what"] == SHOWN and entry["surface"] in Impression.Surface.values
    return (
        is_known
        and all(isinstance(row, str) for _, _, row in entry["films"])
        and len(arms) == 4
        and _are_ids(entry["user"], entry["subject"], entry["model"] or 0, *arms, *films)
    )


def _are_ids(*values: object) -> bool:
    return all(isinstance(value, int) for value in values)


def _at(entry: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(entry["at"], tz=UTC)


def _find_people(user_ids: set[int]) -> dict[int, int]:
    """Map ids to those whose feedback may be kept: themselves, or the account a guest became."""
    allowed = User.objects.filter(allows_training=True)
    found = {pk: pk for pk in allowed.filter(pk__in=user_ids).values_list("pk", flat=True)}
    gone = user_ids - set(User.objects.filter(pk__in=user_ids).values_list("pk", flat=True))
    if gone:
        moved = TasteProfile.objects.filter(subject_key__in=gone, user__allows_training=True)
        rows = moved.values_list("subject_key", "user_id")
        found |= {key: user_id for key, user_id in rows if key is not None}
    return found


def _find_movies(movie_ids: set[int]) -> set[int]:
    return set(Movie.objects.filter(pk__in=movie_ids).values_list("pk", flat=True))


def _add_showing(
    batch: _Batch,
    entry: dict[str, Any],
    user_id: int,
    *,
    movie_ids: set[int],
    arm_ids: set[int],
) -> None:
    told = {"recommendation_id": UUID(entry["id"]), "user_id": user_id}
    arm_id, row_arm_id = (
        _add_exposure(batch, entry, user_id, name=name, arm_ids=arm_ids)
        for name in ("arm", "row_arm")
    )
    batch.impressions += [
        Impression(
            **told,
            movie_id=movie_id,
            surface=entry["surface"],
            row=row[:24],
            rank=rank,
            model_version_id=entry["model"],
            arm_id=arm_id,
            row_arm_id=row_arm_id,
            shown_at=_at(entry),
        )
        for movie_id, rank, row in entry["films"]
        if movie_id in movie_ids
    ]
    if row_arm_id is not None and "decision" in entry:
        decision = dict(zip(("context", "candidates", "chosen"), entry["decision"], strict=True))
        batch.decisions.append(
            RowDecision(**told, **decision, arm_id=row_arm_id, decided_at=_at(entry))
        )


def _add_exposure(
    batch: _Batch, entry: dict[str, Any], user_id: int, *, name: str, arm_ids: set[int]
) -> int | None:
    """Note that somebody met an arm, and return its id; None if there is no such arm any more."""
    experiment_id, arm_id = entry.get(name) or (0, 0)
    if arm_id not in arm_ids:
        return None
    batch.exposures.append(
        Exposure(
            experiment_id=experiment_id,
            arm_id=arm_id,
            user_id=user_id,
            subject_key=entry["subject"],
            first_at=_at(entry),
        )
    )
    return int(arm_id)


@dataclass(frozen=True)
class _BufferedEvent:
    """What somebody did with a film; `origin` is empty where it is still to be found."""

    user_id: int
    movie_id: int
    kind: str
    origin: str
    at: datetime


def _make_events(buffered: Sequence[_BufferedEvent]) -> list[Event]:
    """Tie events to what had been shown; those that answer no showing are left out."""
    stars = _read_stars([event for event in buffered if event.kind == RATED])
    origins = _find_last_showings(buffered)
    events = []
    for number, event in enumerate(buffered):
        kind: str = event.kind
        if kind == RATED:
            given = stars.get((event.user_id, event.movie_id))
            if given is None:
                continue  # taken back meanwhile
            kind = Event.Kind.LIKED if given >= LIKED_STARS else Event.Kind.WATCHED
        origin = UUID(event.origin) if event.origin else origins.get(number)
        if origin is not None:
            events.append(
                Event(
                    recommendation_id=origin,
                    user_id=event.user_id,
                    movie_id=event.movie_id,
                    kind=kind,
                    happened_at=event.at,
                )
            )
    return events


def _read_stars(buffered: Sequence[_BufferedEvent]) -> dict[tuple[int, int], float]:
    rows = Rating.objects.filter(
        user_id__in={event.user_id for event in buffered},
        movie_id__in={event.movie_id for event in buffered},
    ).values_list("user_id", "movie_id", "stars")
    return {(user_id, movie_id): float(stars) for user_id, movie_id, stars in rows}


def _find_last_showings(buffered: Sequence[_BufferedEvent]) -> dict[int, UUID]:
    """Return for each event without an origin (by number) the last answer that showed the film."""
    asked = [(number, event) for number, event in enumerate(buffered) if not event.origin]
    if not asked:
        return {}
    columns: list[Any] = [
        [number for number, _ in asked],
        [event.user_id for _, event in asked],
        [event.movie_id for _, event in asked],
        [event.at for _, event in asked],
        ATTRIBUTION,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FIND_LAST_SHOWING, columns)
        return dict(cursor.fetchall())
