"""Many ratings of one person changed at once: one transaction, one piece of news."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.models import User
from catalog.models import Rating, RatingEvent, SeenMovie
from catalog.ratings import clean_stars, lock_user
from catalog.signals import rating_changed

BATCH_ROWS = 2000
UPDATE_RATINGS = """
    UPDATE catalog_rating AS rating
    SET stars = wanted.stars, watched_at = wanted.watched_at, updated_at = wanted.updated_at,
        is_date_known = wanted.is_date_known
    FROM unnest(
        %s::bigint[], %s::numeric(2, 1)[], %s::timestamptz[], %s::timestamptz[], %s::bool[]
    ) AS wanted(movie_id, stars, watched_at, updated_at, is_date_known)
    WHERE rating.user_id = %s AND rating.movie_id = wanted.movie_id
"""


@dataclass(frozen=True, slots=True)
class RatingState:
    """A rating as it is to be; `rated_at` is when the stars were given.

    `is_date_known` says that `watched_at` is the date of watching, and not the order alone.
    """

    movie_id: int
    stars: Decimal
    watched_at: datetime
    rated_at: datetime
    is_date_known: bool = False


@transaction.atomic
def change_ratings(
    *,
    user: User,
    added: Sequence[RatingState] = (),
    changed: Sequence[RatingState] = (),
    removed: Sequence[RatingState] = (),
    seen: Sequence[SeenMovie] = (),
    unseen: Sequence[int] = (),
) -> None:
    """Add, change and remove ratings of movies and marks of having seen them, all or none.

    Each rating gets its event; `rating_changed` is sent once for all, so the taste's version goes
    up by one. Movies without a rating must not be in `changed`, nor those with one in `added`.
    New ratings of one moment keep the order they are given in.

    Raises:
        InvalidStarsError: Stars are not 0.5 to 5.0 in steps of 0.5.
        UnknownUserError: The person is gone.
    """
    for state in (*added, *changed):
        clean_stars(state.stars)
    owner = lock_user(user_id=user.pk)
    _insert(owner, added)
    _update(owner, [*added, *changed])
    gone = [state.movie_id for state in removed]
    Rating.objects.filter(user=owner, movie_id__in=gone).delete()
    SeenMovie.objects.bulk_create(seen, batch_size=BATCH_ROWS, ignore_conflicts=True)
    SeenMovie.objects.filter(user=owner, movie_id__in=unseen).delete()
    _write_events(owner, [*added, *changed], RatingEvent.Kind.SET)
    _write_events(owner, removed, RatingEvent.Kind.REMOVED)
    touched = [state.movie_id for state in (*added, *changed, *removed)]
    touched += [one.movie_id for one in seen] + list(unseen)
    if touched:
        rating_changed.send(sender=Rating, user=owner, movie_ids=touched)


def _insert(owner: User, states: Sequence[RatingState]) -> None:
    Rating.objects.bulk_create(
        (
            Rating(
                user=owner,
                movie_id=state.movie_id,
                stars=state.stars,
                watched_at=state.watched_at,
                is_date_known=state.is_date_known,
            )
            for state in states
        ),
        batch_size=BATCH_ROWS,
    )


def _update(owner: User, states: Sequence[RatingState]) -> None:
    """Write all of a rating; new ones too, whose `updated_at` Django has set to now."""
    if not states:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE_RATINGS,
            [
                [state.movie_id for state in states],
                [state.stars for state in states],
                [state.watched_at for state in states],
                [state.rated_at for state in states],
                [state.is_date_known for state in states],
                owner.pk,
            ],
        )


def _write_events(owner: User, states: Sequence[RatingState], kind: RatingEvent.Kind) -> None:
    RatingEvent.objects.bulk_create(
        (
            RatingEvent(
                user=owner,
                movie_id=state.movie_id,
                kind=kind,
                stars=state.stars if kind == RatingEvent.Kind.SET else None,
                watched_at=state.watched_at,
            )
            for state in states
        ),
        batch_size=BATCH_ROWS,
    )
