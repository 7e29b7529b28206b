"""Receivers of the catalogue's and accounts' news; they run in the sender's transaction."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.signals import guest_merging
from catalog.diary_models import DiaryEntry
from catalog.signals import diary_changed, film_rated, rating_changed, watchlisted
from recommender.feedback.noting import RATED, note_after_commit
from recommender.models import Event
from recommender.night.personal import merge_nights
from recommender.queueing import queue_finetuning
from recommender.reason_muting import merge_muted_reasons
from recommender.services import bump_taste
from recommender.taste.merging import merge_taste
from recommender.tonight.services import merge_services
from recommender.withdrawals import merge_members

# What was watched longer ago was not watched because it was recommended.
RECENTLY = timedelta(days=7)


@receiver(rating_changed, dispatch_uid="recommender_rating_changed")
def note_rating_change(*, user: User, **_: Any) -> None:
    """Make cached answers stale with the rating itself, and queue fine-tuning once it is kept.

    That fine-tuning is due needs no mark of its own: it follows from the rating events.
    """
    bump_taste(user_id=user.pk)
    if user.allows_training:
        transaction.on_commit(queue_finetuning, robust=True)


@receiver(film_rated, dispatch_uid="recommender_film_rated")
def note_stars(*, user: User, movie_id: int, origin: str, **_: Any) -> None:
    """Note that a film was given stars, perhaps because it was recommended."""
    note_after_commit(user=user, movie_id=movie_id, kind=RATED, origin=origin)


@receiver(guest_merging, dispatch_uid="recommender_services_merging")
def move_guest_services(*, guest: User, user: User, **_: Any) -> None:
    """Take streaming services along when a guest becomes an account."""
    merge_services(guest=guest, user=user)


@receiver(guest_merging, dispatch_uid="recommender_guest_merging")
def move_guest_taste(*, guest: User, user: User, **_: Any) -> None:
    """Take hidden films, genres and muted reasons along when a guest becomes an account."""
    merge_taste(guest=guest, user=user)
    merge_muted_reasons(guest=guest, user=user)


@receiver(guest_merging, dispatch_uid="recommender_guest_merging_members")
def move_guest_membership(*, guest: User, user: User, **_: Any) -> None:
    """Miss nobody where a guest that a model learnt from becomes an account."""
    merge_members(guest=guest, user=user)


@receiver(guest_merging, dispatch_uid="recommender_guest_merging_nights")
def move_guest_nights(*, guest: User, user: User, **_: Any) -> None:
    """Take seats at movie nights along when a guest becomes an account."""
    merge_nights(guest=guest, user=user)


@receiver(watchlisted, dispatch_uid="recommender_watchlisted")
def note_watchlisting(*, user: User, movie_id: int, origin: str, **_: Any) -> None:
    """Note that a film was kept, perhaps because it was recommended."""
    note_after_commit(user=user, movie_id=movie_id, kind=Event.Kind.WATCHLISTED, origin=origin)


@receiver(diary_changed, dispatch_uid="recommender_diary_changed")
def note_diary_change(
    *, user: User, movie_id: int, viewing: DiaryEntry | None, origin: str, **_: Any
) -> None:
    """Suggest a film of the diary no more, and note that one was watched just now."""
    bump_taste(user_id=user.pk)
    if viewing is not None and viewing.watched_on >= (timezone.now() - RECENTLY).date():
        note_after_commit(user=user, movie_id=movie_id, kind=Event.Kind.WATCHED, origin=origin)
