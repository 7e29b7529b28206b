"""Reads of one person's taste for the pages that show it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet

from accounts.models import User
from catalog.models import Rating
from recommender.dials import DIALS, NEUTRAL, Dials
from recommender.models import HiddenMovie, MutedReason, TasteProfile

_SUMMARY_SQL = """
SELECT count(*), avg(stars)::float8,
       (SELECT count(*) FROM catalog_watchlistentry WHERE user_id = %(user_id)s),
       (SELECT count(*) FROM catalog_filmlist WHERE user_id = %(user_id)s)
FROM catalog_rating WHERE user_id = %(user_id)s
"""


@dataclass(frozen=True, slots=True)
class TasteSummary:
    """Counts; `mean_stars` is None where nothing is rated."""

    rating_count: int = 0
    mean_stars: float | None = None
    watchlist_count: int = 0
    list_count: int = 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody asked for: how their dials stand, and genres chosen and excluded, by id."""

    dials: Dials = NEUTRAL
    favourite_genre_ids: tuple[int, ...] = ()
    excluded_genre_ids: tuple[int, ...] = ()


def count_ratings(*, user: User | None) -> int:
    """Return how many films somebody rated; one query, none for somebody new."""
    return Rating.objects.filter(user=user).count() if user else 0


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
    """Return the counts of the taste page; one query."""
    if user is None:
        return TasteSummary()
    with connection.cursor() as cursor:
        cursor.execute(_SUMMARY_SQL, {"user_id": user.pk})
        return TasteSummary(*cursor.fetchone())


def get_wishes(*, user: User | None) -> Wishes:
    """Return what somebody asked for; one query."""
    if user is None:
        return Wishes()
    row = (
        TasteProfile.objects.filter(user=user)
        .annotate(
            favourite_ids=_collect_genres(TasteProfile.favourite_genres.through),
            excluded_ids=_collect_genres(TasteProfile.excluded_genres.through),
        )
        .values_list(*DIALS, "favourite_ids", "excluded_ids")
        .first()
    )
    if row is None:
        return Wishes()
    *dials, favourites, excluded = row
    return Wishes(Dials(*dials), tuple(favourites), tuple(excluded))


def _collect_genres(links: Any) -> ArraySubquery:
    of_person = links.objects.filter(tasteprofile_id=OuterRef("pk")).order_by("genre_id")
    return ArraySubquery(of_person.values("genre_id"))
