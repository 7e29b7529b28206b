"""What the recommender erases of a person besides their rows."""

from functools import partial

from django.db import transaction

from accounts.models import User
from recommender.cache import forget_person


def erase_answers(user: User) -> None:
    """Forget the cached answers to a person once they are deleted."""
    transaction.on_commit(partial(forget_person, user.pk), robust=True)
