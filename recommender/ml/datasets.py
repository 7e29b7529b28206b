"""Ratings and movies in MovieLens' official formats, as flat arrays in each person's true order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.ml.dataset_files import (
    DatasetError,
    RatingRows,
    expand_directories,
    find_member,
    read_movie_rows,
    read_rating_rows,
    read_renumbering,
)

__all__ = [
    "DatasetError",
    "Interactions",
    "MovieInfo",
    "Vocabulary",
    "find_indices",
    "load_interactions",
    "load_movies",
]

PADDING_IDX = 0
RATING_MEMBERS = ("ratings.csv", "ratings.csv.gz", "ratings.dat", "ratings.dat.gz")
MOVIE_MEMBERS = ("movies.csv", "movies.csv.gz", "movies.dat", "movies.dat.gz")


@dataclass(frozen=True)
class MovieInfo:
    """What a data set says of one movie; the title is without its year."""

    title: str
    year: int | None
    genres: tuple[str, ...]


@dataclass(frozen=True)
class Interactions:
    """Ratings of many people, grouped by person (ascending), each person's rows in true order.

    `person` (N,) int32 contiguous 0..P-1; `movie_id` (N,) int32; `rating` (N,) float32 0.5..5.0;
    `timestamp` (N,) int64 unix seconds; `person_keys` (P,) of (data set name, id there);
    `order_only` names the data sets whose times tell order alone, not the hour.
    """

    person: NDArray[np.int32]
    movie_id: NDArray[np.int32]
    rating: NDArray[np.float32]
    timestamp: NDArray[np.int64]
    person_keys: list[tuple[str, int]]
    order_only: frozenset[str] = field(default=frozenset())

    def __len__(self) -> int:
        """Return the number of ratings."""
        return len(self.person)

    @property
    def num_people(self) -> int:
        """Return the number of people."""
        return len(self.person_keys)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Return (P+1,) int64: the rows of person p are offsets[p]:offsets[p+1]."""
        counts = np.bincount(self.person, minlength=self.num_people)
        return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    @property
    def has_true_times(self) -> NDArray[np.bool_]:
        """Return (P,) bool: whether a person's timestamps are real clock times."""
        return np.array([name not in self.order_only for name, _ in self.person_keys], dtype=bool)

    @property
    def true_timestamps(self) -> NDArray[np.int64]:
        """Return (N,) int64 unix seconds, 0 where the times of a person tell order alone."""
        return np.where(self.has_true_times[self.person], self.timestamp, 0)

    def history(self, person: int) -> slice:
        """Return the slice of one person's rows, oldest first."""
        start, stop = np.searchsorted(self.person, [person, person + 1])
        return slice(int(start), int(stop))

    def select_people(self, mask: NDArray[np.bool_]) -> Interactions:
        """Return the people where `mask` (P,) bool is true, renumbered to stay contiguous."""
        new_index = np.cumsum(mask, dtype=np.int32) - np.int32(1)
        rows = mask[self.person]
        keys = [key for key, kept in zip(self.person_keys, mask, strict=True) if kept]
        return Interactions(
            person=new_index[self.person[rows]],
            movie_id=self.movie_id[rows],
            rating=self.rating[rows],
            timestamp=self.timestamp[rows],
            person_keys=keys,
            order_only=self.order_only,
        )

    def select_rows(self, mask: NDArray[np.bool_]) -> Interactions:
        """Return the rows where `mask` (N,) bool is true; people left without any are dropped."""
        kept_people = np.bincount(self.person[mask], minlength=self.num_people) > 0
        kept = Interactions(
            person=self.person[mask],
            movie_id=self.movie_id[mask],
            rating=self.rating[mask],
            timestamp=self.timestamp[mask],
            person_keys=self.person_keys,
            order_only=self.order_only,
        )
        return kept.select_people(kept_people)


def find_indices(
    known_ids: NDArray[np.int64], movie_ids: NDArray[np.integer] | Sequence[int]
) -> NDArray[np.int32]:
    """Return the places (int32, shape of `movie_ids`) in rising ids, 0 (padding) where unknown."""
    wanted = np.asarray(movie_ids, dtype=np.int64)
    places = np.minimum(np.searchsorted(known_ids, wanted), len(known_ids) - 1)
    return np.where(known_ids[places] == wanted, places, PADDING_IDX).astype(np.int32)


@dataclass(frozen=True)
class Vocabulary:
    """The numbering of movies: `movie_ids` (V,) int64 rising, `movie_ids[0] == 0` is padding."""

    movie_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check the order that `index_of` relies on."""
        ids = self.movie_ids
        if len(ids) == 0 or ids[0] != PADDING_IDX or np.any(np.diff(ids) <= 0):
            msg = "movie_ids must start with 0 (padding) and rise strictly"
            raise ValueError(msg)

    def __len__(self) -> int:
        """Return V, padding included."""
        return len(self.movie_ids)

    def index_of(self, movie_ids: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int32]:
        """Return item_idx (int32, shape of the argument), 0 where a movie is unknown."""
        return find_indices(self.movie_ids, movie_ids)

    @classmethod
    def build(cls, interactions: Interactions, *, min_ratings: int = 1) -> Vocabulary:
        """Number every movie with at least `min_ratings` ratings, by ascending movie id."""
        ids, counts = np.unique(interactions.movie_id, return_counts=True)
        kept = ids[counts >= min_ratings].astype(np.int64)
        return cls(np.concatenate((np.zeros(1, dtype=np.int64), kept)))


def load_interactions(directories: Sequence[Path]) -> Interactions:
    """Load the ratings of data set folders, one after the other, in the order given.

    A folder holds `ratings.csv` or `ratings.dat` (`::`), plain or `.gz`, or is a folder of such
    folders. Rows are sorted by time stably, so that file order decides ties; where a person has
    one film twice (or two ids of one film, by `renumbered.csv`) the earlier stays.

    Raises:
        DatasetError: A folder has no ratings, two have the same name, or a line is malformed.
    """
    parts: list[tuple[str, RatingRows]] = []
    order_only: set[str] = set()
    for directory in expand_directories(directories, RATING_MEMBERS):
        if any(name == directory.name for name, _ in parts):
            msg = f"{directory}: two data sets are named {directory.name!r}; rename one folder"
            raise DatasetError(msg)
        member = find_member(directory, RATING_MEMBERS)
        rows = _renumber_movies(read_rating_rows(member), read_renumbering(directory))
        parts.append((directory.name, _order_rows(rows)))
        if ".dat" in member.suffixes:
            order_only.add(directory.name)
    return _join_parts(parts, frozenset(order_only))


def _renumber_movies(rows: RatingRows, renumbering: dict[int, int]) -> RatingRows:
    if not renumbering:
        return rows
    old_ids = np.array(sorted(renumbering), dtype=np.int32)
    new_ids = np.array([renumbering[int(old)] for old in old_ids], dtype=np.int32)
    places = np.minimum(np.searchsorted(old_ids, rows.movie_id), len(old_ids) - 1)
    movie_id = np.where(old_ids[places] == rows.movie_id, new_ids[places], rows.movie_id)
    return RatingRows(rows.user_id, movie_id, rows.rating, rows.timestamp)


def _order_rows(rows: RatingRows) -> RatingRows:
    """Sort by person and time, stably, and keep the earlier of two rows of one film."""
    rows = rows.take(np.lexsort((rows.timestamp, rows.user_id)))
    pair = rows.user_id.astype(np.int64) << 32 | rows.movie_id.astype(np.int64)
    first_places = np.unique(pair, return_index=True)[1]
    return rows if len(first_places) == len(pair) else rows.take(np.sort(first_places))


def _join_parts(
    parts: Sequence[tuple[str, RatingRows]], order_only: frozenset[str]
) -> Interactions:
    person_keys: list[tuple[str, int]] = []
    person_parts: list[NDArray[np.int32]] = []
    for name, rows in parts:
        user_ids, inverse = np.unique(rows.user_id, return_inverse=True)
        person_parts.append((inverse + len(person_keys)).astype(np.int32))
        person_keys.extend((name, int(user_id)) for user_id in user_ids)
    return Interactions(
        person=np.concatenate(person_parts),
        movie_id=np.concatenate([rows.movie_id for _, rows in parts]).astype(np.int32),
        rating=np.concatenate([rows.rating for _, rows in parts]).astype(np.float32),
        timestamp=np.concatenate([rows.timestamp for _, rows in parts]).astype(np.int64),
        person_keys=person_keys,
        order_only=order_only,
    )


def load_movies(directories: Sequence[Path]) -> dict[int, MovieInfo]:
    """Load what the data sets say of their movies, keyed by movie id.

    Where several describe one movie the first CSV set wins, then the first `::` set, for the CSV
    sets share one newer list of genres.

    Raises:
        DatasetError: A folder has no movies file, or a line is malformed.
    """
    movies: dict[int, MovieInfo] = {}
    found = [
        (directory, find_member(directory, MOVIE_MEMBERS))
        for directory in expand_directories(directories, MOVIE_MEMBERS)
    ]
    for directory, member in sorted(found, key=lambda pair: ".dat" in pair[1].suffixes):
        renumbering = read_renumbering(directory)
        for row in read_movie_rows(member):
            movie_id = renumbering.get(row.movie_id, row.movie_id)
            movies.setdefault(movie_id, MovieInfo(row.title, row.year, row.genres))
    return movies
