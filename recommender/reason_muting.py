"""Films that a person does not want named as a reason; their picks stay made from all they saw."""

from django.db import transaction

from accounts.models import User
from catalog.services import lock_user, require_movie
from recommender.models import MutedReason
from recommender.services import bump_taste


def mute_reason(*, user: User, movie_id: int) -> None:
    """Never name this film as a reason to this person; muting it twice changes nothing.

    Raises:
        UnknownMovieError: no movie has this id.
        UnknownUserError: the person is gone.
    """
    with transaction.atomic():
        lock_user(user_id=user.pk)
        require_movie(movie_id=movie_id)
        _, is_new = MutedReason.objects.get_or_create(user=user, movie_id=movie_id)
        if is_new:
            bump_taste(user_id=user.pk)


def unmute_reason(*, user: User, movie_id: int) -> None:
    """Let this film be named as a reason again; nothing happens where it was not muted.

    Raises:
        UnknownUserError: the person is gone.
    """
    with transaction.atomic():
        lock_user(user_id=user.pk)
        deleted, _ = MutedReason.objects.filter(user=user, movie_id=movie_id).delete()
        if deleted:
            bump_taste(user_id=user.pk)


def merge_muted_reasons(*, guest: User, user: User) -> None:
    """Give what a guest muted to the account; inside the merge's transaction."""
    mine = MutedReason.objects.filter(user=user).values("movie_id")
    MutedReason.objects.filter(user=guest).exclude(movie_id__in=mine).update(user=user)
