"""Receivers of the catalogue's and accounts' news; they run in the sender's transaction."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import guest_merging
from catalog.signals import rating_changed
from recommender.queueing import queue_finetuning
from recommender.services import bump_taste, merge_taste


@receiver(rating_changed, dispatch_uid="recommender_rating_changed")
def note_rating_change(*, user: User, **_: Any) -> None:
    """Make cached answers stale with the rating itself, and queue fine-tuning once it is kept.

    That fine-tuning is due needs no mark of its own: it follows from the rating events.
    """
    bump_taste(user_id=user.pk)
    if user.allows_training:
        transaction.on_commit(queue_finetuning, robust=True)


@receiver(guest_merging, dispatch_uid="recommender_guest_merging")
def move_guest_taste(*, guest: User, user: User, **_: Any) -> None:
    """Take hidden films and genres along when a guest becomes an account."""
    merge_taste(guest=guest, user=user)
