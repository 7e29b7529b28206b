"""Reads of one person's taste for the pages that show it."""

from dataclasses import dataclass

from django.db.models import Avg, Count, QuerySet

from accounts.models import User
from catalog.models import Genre, Rating
from recommender.models import HiddenMovie, MutedReason, TasteProfile

MOST_RATED_GENRES = 6


@dataclass(frozen=True, slots=True)
class GenreShare:
    """How often somebody rated films of a genre."""

    name: str
    slug: str
    rating_count: int


@dataclass(frozen=True, slots=True)
class TasteSummary:
    """Counts and favourites; `mean_stars` is None where nothing is rated."""

    rating_count: int
    mean_stars: float | None
    watchlist_count: int
    genres: list[GenreShare]


def count_ratings(*, user: User | None) -> int:
    """Return how many films somebody rated; one query, none for somebody new."""
    return Rating.objects.filter(user=user).count() if user else 0


def get_favourite_genres(*, user: User | None) -> list[Genre]:
    """Return the genres chosen at the door."""
    if user is None:
        return []
    return list(Genre.objects.filter(pk__in=get_favourite_genre_ids(user=user)))


def get_favourite_genre_ids(*, user: User | None) -> list[int]:
    """Return the ids of the genres chosen at the door; one query."""
    if user is None:
        return []
    links = TasteProfile.favourite_genres.through.objects.filter(tasteprofile_id=user.pk)
    return list(links.values_list("genre_id", flat=True))


def get_age_band(*, user: User | None) -> int | None:
    """Return the age band somebody said to belong to, None where they did not; one query."""
    if user is None:
        return None
    return TasteProfile.objects.filter(user=user).values_list("age_band", flat=True).first()


def is_hidden(*, user: User | None, movie_id: int) -> bool:
    """Return whether somebody asked not to be shown this film."""
    return user is not None and HiddenMovie.objects.filter(user=user, movie_id=movie_id).exists()


def get_hidden_movies(*, user: User | None) -> QuerySet[HiddenMovie]:
    """Return what somebody hid, newest first, movies and genres fetched along."""
    entries = HiddenMovie.objects.filter(user=user) if user else HiddenMovie.objects.none()
    return (
        entries.order_by("-hidden_at", "-id")
        .select_related("movie")
        .prefetch_related("movie__genres")
    )


def get_muted_reasons(*, user: User | None) -> QuerySet[MutedReason]:
    """Return the films somebody wants not named as reasons, newest first, movies fetched along."""
    entries = MutedReason.objects.filter(user=user) if user else MutedReason.objects.none()
    return (
        entries.order_by("-muted_at", "-id")
        .select_related("movie")
        .prefetch_related("movie__genres")
    )


def get_taste_summary(*, user: User | None) -> TasteSummary:
    """Return the counts of the taste page; three queries."""
    if user is None:
        return TasteSummary(0, None, 0, [])
    totals = Rating.objects.filter(user=user).aggregate(count=Count("id"), mean=Avg("stars"))
    shares = (
        Genre.objects.filter(movies__ratings__user=user)
        .annotate(count=Count("movies__ratings"))
        .order_by("-count", "name")[:MOST_RATED_GENRES]
    )
    return TasteSummary(
        rating_count=totals["count"],
        mean_stars=None if totals["mean"] is None else float(totals["mean"]),
        watchlist_count=user.watchlist.count(),
        genres=[GenreShare(share.name, share.slug, share.count) for share in shares],
    )
