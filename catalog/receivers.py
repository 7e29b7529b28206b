"""What the catalogue does on accounts' news."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import guest_merging
from catalog.diary.merging import merge_diary
from catalog.lists.merging import merge_lists
from catalog.merging import merge_imports, merge_ratings, merge_tags, merge_watchlist


@receiver(guest_merging, dispatch_uid="catalog.take_over_from_guest")
def take_over_from_guest(*, guest: User, user: User, **_kwargs: Any) -> None:
    """Give a guest's ratings, lists, diary, tags and imports to the user; the newest wins."""
    merge_ratings(guest=guest, user=user)
    merge_watchlist(guest=guest, user=user)
    merge_lists(guest=guest, user=user)
    merge_diary(guest=guest, user=user)
    merge_tags(guest=guest, user=user)
    merge_imports(guest=guest, user=user)
