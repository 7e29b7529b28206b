"""A guest's things become a member's; called inside `accounts.services.merge_guest`."""

from accounts.models import User
from catalog.models import (
    HistoryImport,
    Rating,
    RatingEvent,
    SeenMovie,
    Tag,
    WatchlistEntry,
)
from catalog.signals import rating_changed


def merge_ratings(*, guest: User, user: User) -> None:
    """Move the guest's ratings; where both rated a movie the newest stars win.

    A movie both rated keeps its place in the member's history. The member gets an event for each
    rating that changed, for the guest's own events go with the guest.
    """
    own = {rating.movie_id: rating for rating in Rating.objects.filter(user=user)}
    changed: list[Rating] = []
    moved: list[int] = []
    for rating in Rating.objects.filter(user=guest).order_by("watched_at", "id"):
        mine = own.get(rating.movie_id)
        if mine is None:
            moved.append(rating.pk)
            changed.append(rating)
        elif rating.updated_at > mine.updated_at and rating.stars != mine.stars:
            mine.stars, mine.updated_at = rating.stars, rating.updated_at
            # update, not save: the time of the change is the guest's
            Rating.objects.filter(pk=mine.pk).update(stars=mine.stars, updated_at=mine.updated_at)
            changed.append(mine)
    if not changed:
        return
    Rating.objects.filter(pk__in=moved).update(user=user)
    RatingEvent.objects.bulk_create(
        RatingEvent(
            user=user,
            movie_id=rating.movie_id,
            kind=RatingEvent.Kind.SET,
            stars=rating.stars,
            watched_at=rating.watched_at,
        )
        for rating in changed
    )
    movie_ids = [rating.movie_id for rating in changed]
    rating_changed.send(sender=Rating, user=user, movie_ids=movie_ids)


def merge_watchlist(*, guest: User, user: User) -> None:
    """Move the guest's watchlist; a movie on both stays where the member had it."""
    mine = WatchlistEntry.objects.filter(user=user).values("movie_id")
    WatchlistEntry.objects.filter(user=guest).exclude(movie_id__in=mine).update(user=user)


def merge_tags(*, guest: User, user: User) -> None:
    """Move the guest's tags but those the member put on the same movie."""
    mine = set(Tag.objects.filter(user=user).values_list("movie_id", "text"))
    theirs = Tag.objects.filter(user=guest).values_list("pk", "movie_id", "text")
    moved = [pk for pk, movie_id, text in theirs if (movie_id, text) not in mine]
    Tag.objects.filter(pk__in=moved).update(user=user)


def merge_imports(*, guest: User, user: User) -> None:
    """Move the guest's imports, which stay undoable, and the films seen without stars."""
    HistoryImport.objects.filter(user=guest).update(user=user)
    mine = SeenMovie.objects.filter(user=user).values("movie_id")
    SeenMovie.objects.filter(user=guest).exclude(movie_id__in=mine).update(user=user)
