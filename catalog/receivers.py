"""What the catalogue does on accounts' news."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import guest_merging
from catalog.diary.merging import merge_diary
from catalog.lists.merging import merge_lists
from catalog.merging import merge_imports, merge_ratings, merge_tags, merge_watchlist
from catalog.models import Movie
from catalog.posters.kept import drop_poster


@receiver(guest_merging, dispatch_uid="catalog.take_over_from_guest")
def take_over_from_guest(*, guest: User, user: User, **_kwargs: Any) -> None:
    """Give a guest's ratings, lists, diary, tags and imports to the user; the newest wins."""
    merge_ratings(guest=guest, user=user)
    merge_watchlist(guest=guest, user=user)
    merge_lists(guest=guest, user=user)
    merge_diary(guest=guest, user=user)
    merge_tags(guest=guest, user=user)
    merge_imports(guest=guest, user=user)


@receiver(post_delete, sender=Movie, dispatch_uid="catalog.drop_poster_of_deleted_movie")
def drop_poster_of_deleted_movie(*, instance: Movie, **_kwargs: Any) -> None:
    """Delete a movie's pictures with it."""
    movie_id, key = instance.pk, instance.poster_key
    if key:
        transaction.on_commit(lambda: drop_poster(movie_id=movie_id, key=key))
