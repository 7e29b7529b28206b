"""What a loaded data set amounts to: the usual table of a rating set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# One pass over the ratings; the users' index on the data set finds its people.
STATISTICS = """
    SELECT count(*), count(DISTINCT rating.movie_id), count(DISTINCT rating.user_id),
           min(rating.stars), max(rating.stars), bool_and(rating.stars = floor(rating.stars)),
           min(rating.watched_at), max(rating.watched_at)
    FROM catalog_rating AS rating JOIN accounts_user AS person ON person.id = rating.user_id
    WHERE person.dataset = %s
"""
DATASETS = """
    SELECT DISTINCT dataset FROM accounts_user WHERE dataset <> '' ORDER BY dataset
"""


@dataclass(frozen=True)
class DatasetStatistics:
    """Counts of one set; stars 0.5 to 5.0."""

    name: str
    ratings: int
    movies: int
    users: int
    min_stars: float
    max_stars: float
    step: float
    first_at: datetime
    last_at: datetime

    @property
    def ratings_per_user(self) -> float:
        """The mean number of ratings a person gave."""
        return self.ratings / self.users

    @property
    def sparsity(self) -> float:
        """The share of (person, rated movie) pairs without a rating, 0 to 1."""
        return 1 - self.ratings / (self.users * self.movies)

    def as_rows(self) -> list[tuple[str, str]]:
        """Return the table's rows: name and value."""
        return [
            ("Total Ratings", f"{self.ratings:,}"),
            ("Unique Movies", f"{self.movies:,}"),
            ("Unique Users", f"{self.users:,}"),
            ("Avg Ratings/User", f"{self.ratings_per_user:.1f}"),
            ("Sparsity", f"{self.sparsity:.2%}"),
            (
                "Rating Scale",
                f"{self.min_stars:.1f} - {self.max_stars:.1f} ({self.step:.1f} increments)",
            ),
            ("Time Span", f"{self.first_at:%Y} - {self.last_at:%Y}"),
        ]


def list_datasets() -> list[str]:
    """Return the names of the sets that people were imported with."""
    with connection.cursor() as cursor:
        cursor.execute(DATASETS)
        return [row[0] for row in cursor.fetchall()]


def get_statistics(name: str) -> DatasetStatistics | None:
    """Count a set's ratings; None where it has none. The empty name is the site's own people."""
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS, [name])
        ratings, movies, users, low, high, is_whole, first_at, last_at = cursor.fetchone()
    if not ratings:
        return None
    return DatasetStatistics(
        name=name,
        ratings=ratings,
        movies=movies,
        users=users,
        min_stars=float(low),
        max_stars=float(high),
        step=1.0 if is_whole else 0.5,
        first_at=first_at,
        last_at=last_at,
    )
