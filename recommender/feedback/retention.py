"""Forgetting feedback: what is too old, and all of people who no longer allow measuring."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from recommender.models import Event, Exposure, Impression, RowDecision

DELETED_AT_ONCE = 10_000
ORPHAN_AGE = timedelta(days=1)
"""Impressions are written within seconds: an event that has none by then names no true answer."""

_AGED = (
    (Impression, "shown_at"),
    (Event, "happened_at"),
    (RowDecision, "decided_at"),
)
_ORPHANED = (
    "happened_at < %s AND NOT EXISTS (SELECT FROM recommender_impression AS shown "
    "WHERE shown.recommendation_id = recommender_event.recommendation_id "
    "AND shown.movie_id = recommender_event.movie_id)"
)
_OF_PEOPLE = tuple(model._meta.db_table for model in (Impression, Event, RowDecision, Exposure))


def delete_old_feedback() -> int:
    """Delete what is too old, void or not wanted, in short transactions; return how many rows.

    Exposures stay as long as their experiment: they are one row a person, and say who was in it.
    """
    deleted = 0
    now = timezone.now()
    cutoff = now - timedelta(days=settings.FEEDBACK_RETENTION_DAYS)
    for model, column in _AGED:
        table = model._meta.db_table
        deleted += _delete(table, f'"{column}" < %s', [cutoff])
    deleted += _delete(Event._meta.db_table, _ORPHANED, [now - ORPHAN_AGE])
    refusing = list(User.objects.filter(allows_training=False).values_list("pk", flat=True))
    for chunk in (refusing[at : at + 1000] for at in range(0, len(refusing), 1000)):
        for table in _OF_PEOPLE:
            deleted += _delete(table, "user_id = ANY(%s)", [chunk])
    return deleted


def _delete(table: str, condition: str, values: list[Any]) -> int:
    """Delete by physical place, so that no transaction holds many locks."""
    deleted = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            # All three parts are our own constants.
            cursor.execute(
                f'DELETE FROM "{table}" WHERE ctid = ANY(ARRAY('  # noqa: S608
                f'SELECT ctid FROM "{table}" WHERE {condition} LIMIT {DELETED_AT_ONCE}))',
                values,
            )
            count: int = cursor.rowcount
        deleted += count
        if count < DELETED_AT_ONCE:
            return deleted
