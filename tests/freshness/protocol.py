"""Who is asked what and when: windows, steps and next-film questions. Nothing here needs Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions, MovieInfo, load_interactions, load_movies
from recommender.ml.errors import UsageError
from recommender.ml.splits import (
    VALIDATION_SALT,
    EvaluationSplit,
    keep_one_copy,
    unit_hash,
)

MIN_HISTORY = 5
QUESTIONS_PER_STEP = 20
OLD_PEOPLE = 400
OLD_QUESTIONS = 5
OLD_SALT = "freshness/"
MONTHS = 12


@dataclass(frozen=True)
class Window:
    """A year from its cut-off on; `points` (S + 1,) are the bounds of its steps, unix seconds."""

    year: int
    points: tuple[int, ...]

    @property
    def cutoff(self) -> int:
        """Return T in unix seconds."""
        return self.points[0]

    @property
    def refreshed_steps(self) -> list[tuple[int, int]]:
        """Return (P, end) of each step but the first, which nothing precedes."""
        return list(zip(self.points[1:-1], self.points[2:], strict=True))


def make_window(year: int, *, steps: int) -> Window:
    """Return the window of a calendar year (UTC) in `steps` steps of equal months.

    Raises:
        UsageError: The months of a year do not go into so many steps, or there is just one.
    """
    if steps < 2 or MONTHS % steps:
        raise UsageError(f"--steps {steps}: a year has 2, 3, 4, 6 or 12 steps of equal months")
    months = [month * (MONTHS // steps) for month in range(steps + 1)]
    moments = [datetime(year + m // MONTHS, m % MONTHS + 1, 1, tzinfo=UTC) for m in months]
    return Window(year, tuple(int(moment.timestamp()) for moment in moments))


def read_people(directories: Sequence[Path]) -> tuple[Interactions, dict[int, MovieInfo]]:
    """Return the people of all sets with true times, each once, and what is said of the films.

    Raises:
        UsageError: A folder holds no data set, or none keeps true times.
    """
    everyone = load_interactions(directories)
    timed = everyone.select_people(everyone.has_true_times)
    if not len(timed):
        raise UsageError("none of these data sets has true times; add one in the CSV format")
    return keep_one_copy(timed), load_movies(directories)


def is_validation(interactions: Interactions, *, fraction: float) -> NDArray[np.bool_]:
    """Return (P,) bool: who decides when a training stops, in any training on any part of them."""
    keys = interactions.person_keys
    return np.array([unit_hash(key, salt=VALIDATION_SALT) < fraction for key in keys])


def places_in_history(interactions: Interactions) -> NDArray[np.int64]:
    """Return (N,) int64: how many films each person had watched before each rating."""
    return np.arange(len(interactions)) - interactions.offsets[interactions.person]


def ask_next_films(
    interactions: Interactions,
    *,
    since: int,
    until: int,
    left_out: NDArray[np.bool_],
    limit: int = QUESTIONS_PER_STEP,
) -> NDArray[np.int64]:
    """Return the rows (Q,), rising, of the films to ask for in `since` ≤ time < `until`.

    Up to `limit` a person, spread evenly, each after at least five others; `left_out` (P,) bool
    marks people not to ask.
    """
    is_asked = (interactions.timestamp >= since) & (interactions.timestamp < until)
    is_asked &= places_in_history(interactions) >= MIN_HISTORY
    rows = np.flatnonzero(is_asked & ~left_out[interactions.person])
    bounds = np.flatnonzero(np.diff(interactions.person[rows])) + 1
    chosen = [_spread(of_person, limit) for of_person in np.split(rows, bounds)]
    return np.concatenate(chosen).astype(np.int64)


def _spread(rows: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    if len(rows) <= limit:
        return rows
    return rows[np.linspace(0, len(rows) - 1, limit).round().astype(np.int64)]


def ask_last_films(
    interactions: Interactions, *, before: int, left_out: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the rows (Q,) of the last five films of people whose histories ended `before`.

    Of 400 such people at most, drawn by a stable hash; each film after at least five others.
    """
    offsets = interactions.offsets
    has_ended = (interactions.timestamp[offsets[1:] - 1] < before) & ~left_out
    candidates = np.flatnonzero(has_ended & (np.diff(offsets) > MIN_HISTORY))
    keys = interactions.person_keys
    drawn = sorted(candidates, key=lambda person: unit_hash(keys[person], salt=OLD_SALT))
    from_end = offsets[1:][interactions.person] - np.arange(len(interactions))
    is_last = (from_end <= OLD_QUESTIONS) & (places_in_history(interactions) >= MIN_HISTORY)
    return np.flatnonzero(is_last & np.isin(interactions.person, drawn[:OLD_PEOPLE]))


def pose(interactions: Interactions, rows: NDArray[np.int64], protocol: str) -> EvaluationSplit:
    """Return the question of each of `rows` (Q,): that film, given all of the person's before."""
    offsets = interactions.offsets[interactions.person[rows]]
    befores = [slice(*ends) for ends in zip(offsets.tolist(), rows.tolist(), strict=True)]
    movie_ids = interactions.movie_id.astype(np.int64)
    return EvaluationSplit(
        protocol=protocol,
        person_keys=[interactions.person_keys[person] for person in interactions.person[rows]],
        histories=[movie_ids[before] for before in befores],
        timestamps=[interactions.timestamp[before] for before in befores],
        stars=[interactions.rating[before] for before in befores],
        targets=[movie_ids[row : row + 1] for row in rows],
        true_times=interactions.has_true_times[interactions.person[rows]],
    )
