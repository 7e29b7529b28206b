"""Who is simulated: real histories of people that no model was trained on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.ml.datasets import load_interactions
from recommender.ml.splits import hold_out_people, keep_one_copy

SEEDS = 10
FUTURE = 20


@dataclass(frozen=True)
class Watched:
    """A film of somebody's real history and the stars they gave it."""

    movie_id: int
    stars: float


@dataclass(frozen=True)
class RealPerson:
    """The films somebody tells the site about at first, and those they watched next, in order."""

    name: str
    past: tuple[Watched, ...]
    future: tuple[Watched, ...]


def read_people(
    directories: Sequence[Path], *, catalogue: Collection[int], limit: int, seed: int
) -> list[RealPerson]:
    """Return up to `limit` held-out people with 30 films of the catalogue, in a random order.

    Their last 20 films are what they will watch, the ten before it what they tell first.
    """
    _train, held_out = hold_out_people(load_interactions(directories))
    people = keep_one_copy(held_out)
    known = np.isin(people.movie_id, list(catalogue))
    found = []
    for number, (data_set, key) in enumerate(people.person_keys):
        rows = people.history(number)
        films = [
            Watched(int(movie_id), float(stars))
            for movie_id, stars, is_known in zip(
                people.movie_id[rows], people.rating[rows], known[rows], strict=True
            )
            if is_known
        ]
        if len(films) >= SEEDS + FUTURE:
            last = films[-SEEDS - FUTURE :]
            found.append(RealPerson(f"{data_set}:{key}", tuple(last[:SEEDS]), tuple(last[SEEDS:])))
    order = np.random.default_rng(seed).permutation(len(found))[:limit]
    return [found[index] for index in order]
