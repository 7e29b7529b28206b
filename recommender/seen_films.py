"""What people say of films in the welcome and for the evening: that they have seen them."""

from django.db import transaction

from accounts.models import User
from catalog.models import SeenMovie
from catalog.services import lock_user, require_movie
from recommender.feedback.noting import note_after_commit
from recommender.models import Event
from recommender.services import bump_taste


@transaction.atomic
def mark_seen(*, user: User, movie_id: int, origin: str = "") -> None:
    """Remember that somebody has seen a film, without a date or stars.

    Raises:
        UnknownMovieError: no movie has this id.
        UnknownUserError: the person is gone.
    """
    require_movie(movie_id=movie_id)
    lock_user(user_id=user.pk)
    _, is_new = SeenMovie.objects.get_or_create(user=user, movie_id=movie_id)
    if is_new:
        bump_taste(user_id=user.pk)
        note_after_commit(user=user, movie_id=movie_id, kind=Event.Kind.WATCHED, origin=origin)


@transaction.atomic
def unmark_seen(*, user: User, movie_id: int) -> None:
    """Forget that a film was called seen; one that is known to be watched on a day stays seen.

    Raises:
        UnknownUserError: the person is gone.
    """
    lock_user(user_id=user.pk)
    rows = SeenMovie.objects.filter(user=user, movie_id=movie_id, watched_at=None)
    if rows.delete()[0]:
        bump_taste(user_id=user.pk)
