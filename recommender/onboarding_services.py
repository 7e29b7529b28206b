"""What people say of films in the welcome beside stars: that they have seen them."""

from django.db import transaction

from accounts.models import User
from catalog.models import SeenMovie
from catalog.services import lock_user
from recommender.services import bump_taste
from recommender.tonight_services import mark_seen

__all__ = ["mark_seen", "unmark_seen"]


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
