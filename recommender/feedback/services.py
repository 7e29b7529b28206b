"""Recording events that apps report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from catalog.models import Movie
from catalog.services import lock_user

_INSERT = """
INSERT INTO recommender_event (recommendation_id, user_id, movie_id, kind, happened_at)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT (user_id, recommendation_id, movie_id, kind) DO NOTHING
"""


class UnknownFilmsError(Exception):
    """Events name films that are not in the catalogue; the message says which."""


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """What somebody did with a film of an answer; `happened_at` None is now."""

    recommendation_id: UUID
    movie_id: int
    kind: str
    happened_at: datetime | None = None


def record_events(*, user: User, events: Sequence[PostedEvent]) -> int:
    """Record what a person did, each (answer, film, kind) once; return how many were new.

    Nothing is recorded of somebody who does not allow measuring.

    Raises:
        UnknownFilmsError: a film is not in the catalogue; then nothing is recorded.
        UnknownUserError: the person is gone.
    """
    wanted = {event.movie_id for event in events}
    found = set(Movie.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := sorted(wanted - found):
        raise UnknownFilmsError("No movie " + ", ".join(str(pk) for pk in missing) + ".")
    if not user.allows_training:
        return 0
    now = timezone.now()
    with transaction.atomic():
        lock_user(user_id=user.pk)
        with connection.cursor() as cursor:
            columns: list[Any] = [
                [event.recommendation_id for event in events],
                [user.pk for _ in events],
                [event.movie_id for event in events],
                [str(event.kind) for event in events],
                [event.happened_at or now for event in events],
            ]
            cursor.execute(_INSERT, columns)
            recorded: int = cursor.rowcount
    return recorded
