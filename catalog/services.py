"""What people and catalogue managers do with movies, each in one transaction."""

from django.db import connection, transaction

from accounts.models import User
from catalog.models import CatalogueState, WatchlistEntry
from catalog.ratings import (
    InvalidStarsError,
    InvalidWatchedAtError,
    UnknownMovieError,
    UnknownUserError,
    lock_user,
    remove_rating,
    require_movie,
    set_rating,
)
from catalog.signals import catalogue_changed, watchlisted

__all__ = [
    "InvalidStarsError",
    "InvalidWatchedAtError",
    "UnknownMovieError",
    "UnknownUserError",
    "add_to_watchlist",
    "bump_catalogue_version",
    "lock_user",
    "refresh_movie_statistics",
    "remove_from_watchlist",
    "remove_rating",
    "require_movie",
    "set_rating",
]

# Materialised, so that no stale estimate can make the planner count all ratings once a movie.
REFRESH_STATISTICS = """
    WITH counted AS MATERIALIZED (
        SELECT movie_id, count(*) AS rating_count, avg(stars)::float8 AS rating_mean,
               ARRAY[
                   count(*) FILTER (WHERE stars = 0.5),
                   count(*) FILTER (WHERE stars = 1.0),
                   count(*) FILTER (WHERE stars = 1.5),
                   count(*) FILTER (WHERE stars = 2.0),
                   count(*) FILTER (WHERE stars = 2.5),
                   count(*) FILTER (WHERE stars = 3.0),
                   count(*) FILTER (WHERE stars = 3.5),
                   count(*) FILTER (WHERE stars = 4.0),
                   count(*) FILTER (WHERE stars = 4.5),
                   count(*) FILTER (WHERE stars = 5.0)
               ]::int[] AS rating_histogram
        FROM catalog_rating JOIN accounts_user AS person ON person.id = catalog_rating.user_id
        WHERE NOT person.is_guest GROUP BY movie_id
    ), fresh AS MATERIALIZED (
        SELECT movie.id, coalesce(counted.rating_count, 0) AS rating_count, counted.rating_mean,
               counted.rating_histogram
        FROM catalog_movie AS movie LEFT JOIN counted ON counted.movie_id = movie.id
        WHERE (movie.rating_count, movie.rating_mean, movie.rating_histogram) IS DISTINCT FROM
              (coalesce(counted.rating_count, 0), counted.rating_mean,
               counted.rating_histogram)
    )
    UPDATE catalog_movie AS movie
    SET rating_count = fresh.rating_count, rating_mean = fresh.rating_mean,
        rating_histogram = fresh.rating_histogram
    FROM fresh WHERE movie.id = fresh.id
"""


@transaction.atomic
def add_to_watchlist(*, user: User, movie_id: int, origin: str = "") -> WatchlistEntry:
    """Put a movie on a person's watchlist; it keeps its place when it is there already.

    `origin` is the recommendation it was kept from, where known.

    Raises:
        UnknownMovieError: No movie has this id.
        UnknownUserError: The person is gone.
    """
    owner = lock_user(user_id=user.pk)
    require_movie(movie_id=movie_id)
    entry, is_new = WatchlistEntry.objects.get_or_create(user=owner, movie_id=movie_id)
    if is_new:
        watchlisted.send(sender=WatchlistEntry, user=owner, movie_id=movie_id, origin=origin)
    return entry


@transaction.atomic
def remove_from_watchlist(*, user: User, movie_id: int) -> bool:
    """Take a movie off a person's watchlist; return whether it was on it.

    Raises:
        UnknownUserError: The person is gone.
    """
    owner = lock_user(user_id=user.pk)
    return WatchlistEntry.objects.filter(user=owner, movie_id=movie_id).delete()[0] > 0


def bump_catalogue_version() -> int:
    """Count one change of the catalogue and send `catalogue_changed`; return the new version.

    Call it last in a transaction: its row stays locked until the end.
    """
    with transaction.atomic():
        table = CatalogueState._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (id, version) VALUES (1, 1) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET version = {table}.version + 1 RETURNING version"
            )
            version: int = cursor.fetchone()[0]
        catalogue_changed.send(sender=CatalogueState)
    return version


def refresh_movie_statistics() -> int:
    """Count ratings, their mean and spread afresh for each movie; return how many movies changed.

    Guests do not count: they cost nothing to make, and popularity decides what newcomers see.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFRESH_STATISTICS)
        changed: int = cursor.rowcount
    return changed
