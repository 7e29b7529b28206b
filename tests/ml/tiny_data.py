"""Small data sets in the official formats, for tests that read real files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from recommender.ml.datasets import Interactions

MOVIES_CSV = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children
2,"American President, The (1995)",Comedy|Drama
3,Nameless,(no genres listed)
4,Heat (1995),Action
5,Casino (1995),Crime|Drama
"""


def write_csv_set(directory: Path, rows: Iterable[Sequence[float]]) -> Path:
    """Write `ratings.csv` and `movies.csv` of latest's format."""
    directory.mkdir(parents=True)
    lines = [f"{int(u)},{int(m)},{float(r)},{int(t)}" for u, m, r, t in rows]
    text = "\n".join(["userId,movieId,rating,timestamp", *lines]) + "\n"
    (directory / "ratings.csv").write_text(text)
    (directory / "movies.csv").write_text(MOVIES_CSV)
    return directory


def write_dat_set(directory: Path, rows: Iterable[Sequence[int]]) -> Path:
    """Write `ratings.dat` and `movies.dat` of ML-1M's format."""
    directory.mkdir(parents=True)
    lines = ["::".join(str(value) for value in row) for row in rows]
    (directory / "ratings.dat").write_text("\n".join(lines) + "\n")
    movies = "1::Toy Story (1995)::Animation|Children's\n6::Été, L' (1968)::Drama\n"
    (directory / "movies.dat").write_bytes(movies.encode("latin-1"))
    return directory


def interactions_of(histories: Sequence[Sequence[int]], *, start: int = 1000) -> Interactions:
    """Make interactions of one data set `tiny`: movie ids per person, a minute apart."""
    person = np.repeat(np.arange(len(histories), dtype=np.int32), [len(h) for h in histories])
    movie_id = np.array([m for history in histories for m in history], dtype=np.int32)
    seconds = [start + 60 * place for history in histories for place in range(len(history))]
    return Interactions(
        person=person,
        movie_id=movie_id,
        rating=np.full(len(person), 4.0, dtype=np.float32),
        timestamp=np.array(seconds, dtype=np.int64),
        person_keys=[("tiny", number) for number in range(1, len(histories) + 1)],
    )


def random_rows(num_people: int, num_movies: int, *, seed: int = 0) -> list[tuple[float, ...]]:
    """Make ratings in which movie m is often followed by m + 1, at times that rise per person."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, ...]] = []
    for user in range(1, num_people + 1):
        first, length = int(rng.integers(0, num_movies)), int(rng.integers(8, 16))
        start = int(rng.integers(1_000_000_000, 1_100_000_000))
        for place in range(length):
            movie_id = (first + place) % num_movies + 1
            rows.append((user, movie_id, 0.5 * int(rng.integers(1, 11)), start + 60 * place))
    return rows
