"""A small made-up world for tests: people who walk along films, year after year."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from recommender.ml.config import ExperimentConfig, InitialisationConfig, TrainingConfig
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.losses import LossConfig
from recommender.ml.transformer import ModelConfig

OLD_FILMS, NEW_FILMS = 40, 10
GENRES = ("Action", "Comedy", "Drama")


def at(year: int, month: int = 1, day: int = 1) -> int:
    """Return the moment in unix seconds."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


def make_interactions(
    rows: dict[int, list[tuple[int, int]]], *, data_set: str = "set"
) -> Interactions:
    """Return the ratings of people by number: (movie id, unix seconds) each, oldest first."""
    people = sorted(rows)
    flat = [(place, *one) for place, person in enumerate(people) for one in rows[person]]
    person, movie_id, timestamp = (np.array(column) for column in zip(*flat, strict=True))
    return Interactions(
        person=person.astype(np.int32),
        movie_id=movie_id.astype(np.int32),
        rating=np.full(len(flat), 4.0, dtype=np.float32),
        timestamp=timestamp.astype(np.int64),
        person_keys=[(data_set, number) for number in people],
    )


def make_world(*, seed: int = 0) -> tuple[Interactions, dict[int, MovieInfo]]:
    """Return 120 people of 2010 and 2011, some of whom rate on in 2012 with 40 new ones.

    Ten films appear in 2012, and everybody there watches some of them.
    """
    rng = np.random.default_rng(seed)
    rows: dict[int, list[tuple[int, int]]] = {}
    for person in range(160):
        is_late = person >= 120
        year = 2012 if is_late else int(rng.integers(2010, 2012))
        rows[person] = _walk(rng, at(year, int(rng.integers(1, 12))), OLD_FILMS, 12)
        if is_late or person % 4 == 0:
            watched = {movie_id for movie_id, _time in rows[person]}
            later = _walk(rng, at(2012, int(rng.integers(2, 12)), 15), OLD_FILMS + NEW_FILMS, 10)
            rows[person] += [one for one in later if one[0] not in watched]
            rows[person].sort(key=lambda one: one[1])
    movies = {
        number: MovieInfo(
            f"Film {number}", 2012 if number > OLD_FILMS else 1990, (GENRES[number % 3],)
        )
        for number in range(1, OLD_FILMS + NEW_FILMS + 1)
    }
    return make_interactions(rows), movies


def _walk(rng: np.random.Generator, start: int, films: int, length: int) -> list[tuple[int, int]]:
    first = int(rng.integers(films))
    return [((first + 3 * step) % films + 1, start + 60 * step) for step in range(length)]


def tiny_config() -> ExperimentConfig:
    """Return a network that trains in a second."""
    return ExperimentConfig(
        name="tiny",
        model=ModelConfig(
            embedding_dim=16, num_heads=2, num_blocks=1, ffn_dim=32, max_seq_len=16, dropout=0.0
        ),
        loss=LossConfig(kind="cross_entropy"),
        initialisation=InitialisationConfig(kind="random"),
        training=TrainingConfig(
            epochs=2, tokens_per_batch=512, learning_rate=1e-2, warmup_steps=5, precision="fp32"
        ),
    )
