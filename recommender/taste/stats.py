"""Counts of what somebody rated, made by Postgres: two queries, however long the history is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from accounts.models import User

MONTHS_SHOWN = 24
_FACETS_SQL = """
SELECT stars, decade, month, count(*), avg(stars)::float8
FROM (
    SELECT rating.stars, (movie.year / 10 * 10)::int AS decade,
           date_trunc('month', rating.watched_at AT TIME ZONE %s)::date AS month
    FROM catalog_rating AS rating JOIN catalog_movie AS movie ON movie.id = rating.movie_id
    WHERE rating.user_id = %s
) AS mine
GROUP BY GROUPING SETS ((stars), (decade), (month))
"""
_GENRES_SQL = """
SELECT genre.name, genre.slug, count(*), avg(rating.stars)::float8
FROM catalog_rating AS rating
JOIN catalog_movie_genres AS link ON link.movie_id = rating.movie_id
JOIN catalog_genre AS genre ON genre.id = link.genre_id
WHERE rating.user_id = %s
GROUP BY genre.id ORDER BY count(*) DESC, genre.name
"""
_HALVES = [Decimal(half) / 2 for half in range(1, 11)]


@dataclass(frozen=True, slots=True)
class Share:
    """How many films of one kind somebody rated, and the mean of their stars, None with none."""

    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class GenreStats:
    """One genre's share."""

    name: str
    slug: str
    share: Share


@dataclass(frozen=True, slots=True)
class RatingStats:
    """What somebody rated: `stars`, `decades` and `months` without gaps, `genres` by count.

    A film counts in each of its genres, and `undated_count` films are of unknown year. `months` are
    the last ones up to the last in which a film was watched; `earlier_count` films were watched
    before.
    """

    count: int
    mean: float
    stars: tuple[tuple[Decimal, int], ...]
    decades: tuple[tuple[int, Share], ...]
    undated_count: int
    months: tuple[tuple[date, Share], ...]
    earlier_count: int
    genres: tuple[GenreStats, ...]


def get_rating_stats(*, user: User | None) -> RatingStats | None:
    """Return the statistics of somebody's ratings; None where there are none; two queries."""
    if user is None:
        return None
    zone = timezone.get_current_timezone_name()
    with connection.cursor() as cursor:
        cursor.execute(_FACETS_SQL, [zone, user.pk])
        facets = cursor.fetchall()
        if not facets:
            return None
        cursor.execute(_GENRES_SQL, [user.pk])
        genres = cursor.fetchall()
    by_stars = {row[0]: row[3] for row in facets if row[0] is not None}
    by_decade = {row[1]: Share(row[3], row[4]) for row in facets if row[1] is not None}
    by_month = {row[2]: Share(row[3], row[4]) for row in facets if row[2] is not None}
    count = sum(by_stars.values())
    months = tuple(_fill_months(by_month))
    return RatingStats(
        count=count,
        mean=float(sum(stars * number for stars, number in by_stars.items()) / count),
        stars=tuple((half, by_stars.get(half, 0)) for half in _HALVES),
        decades=tuple(_fill_decades(by_decade)),
        undated_count=count - sum(share.count for share in by_decade.values()),
        months=months,
        earlier_count=count - sum(share.count for _, share in months),
        genres=tuple(GenreStats(name, slug, Share(*share)) for name, slug, *share in genres),
    )


def _fill_decades(found: dict[int, Share]) -> Iterable[tuple[int, Share]]:
    if not found:
        return
    for decade in range(min(found), max(found) + 1, 10):
        yield decade, found.get(decade, Share(0, None))


def _fill_months(found: dict[date, Share]) -> Iterable[tuple[date, Share]]:
    """Yield a year or two of months, up to the last that has a film."""
    last, first = max(found), min(found)
    number = last.year * 12 + last.month - 1
    earliest = max(number - MONTHS_SHOWN + 1, first.year * 12 + first.month - 1)
    earliest = min(earliest, number - 11)
    for month in range(earliest, number + 1):
        day = date(month // 12, month % 12 + 1, 1)
        yield day, found.get(day, Share(0, None))
