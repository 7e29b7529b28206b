"""A site of its own, set up at a cut-off, in which people go on rating as they truly did."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import connection, connections

from accounts.models import User
from catalog.bulk_ratings import RatingState, change_ratings
from catalog.movielens.importing import import_dataset
from recommender.artifacts import fetch_artifact
from recommender.finetuning import TOLERANCE, run_finetuning
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.model_versions import install_model
from recommender.models import ModelVersion
from tests.freshness.tags import TagRow
from tests.freshness.training import Cost, Stopwatch

DATABASE = "movieshow_freshness"
DATA_SET = "before"


@dataclass(frozen=True)
class Refresh:
    """One run of the job: what came of it, what it took, and the folder of what is in service.

    `training` is what the job itself notes of its training.
    """

    status: str
    cost: Cost
    training: dict[str, Any]
    folder: Path


@contextmanager
def make_database() -> Iterator[None]:
    """Make an empty database beside the one that is set, and drop it at the end."""
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


class Site:
    """The site from a cut-off on; whatever the database held before goes.

    People and films are those of `interactions`; `tags` by people before the cut-off come with it.
    """

    def __init__(
        self,
        interactions: Interactions,
        movies: Mapping[int, MovieInfo],
        tags: Sequence[TagRow],
        *,
        cutoff: int,
        model: Path,
    ) -> None:
        self.interactions, self.movies, self.now = interactions, movies, cutoff
        self.members: dict[int, User] = {}
        call_command("flush", interactive=False, verbosity=0)
        rows = np.flatnonzero(interactions.timestamp < cutoff)
        self.films = set(interactions.movie_id[rows].tolist())
        people = set(interactions.person[rows].tolist())
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._write_films(folder, self.films)
            self._write_ratings(folder / "ratings.csv", rows.tolist())
            kept = [tag for tag in tags if tag.person in people and tag.movie_id in self.films]
            _write_tags(folder / "tags.csv", [tag for tag in kept if tag.timestamp < cutoff])
            import_dataset(path=folder, name=DATA_SET)
        install_model(directory=model, activate=True)

    def let_time_pass(self, until: int) -> int:
        """Have everybody rate what they truly rated until then; return how many ratings it were.

        Films come into the catalogue first; who was not here yet joins as a member.
        """
        times, people = self.interactions.timestamp, self.interactions.person
        is_new = (times >= self.now) & (times < until)
        self._add_films(set(self.interactions.movie_id[is_new].tolist()) - self.films)
        offsets = self.interactions.offsets
        for person in np.unique(people[is_new]).tolist():
            since = self.now if person in self.members else 0
            rows = np.arange(offsets[person], offsets[person + 1])
            rows = rows[(times[rows] >= since) & (times[rows] < until)]
            change_ratings(
                user=self._join(person), added=[self._state(row) for row in rows.tolist()]
            )
        self.now = until
        return int(is_new.sum())

    def refresh(self, *, tolerance: float = TOLERANCE) -> Refresh:
        """Run the job of fine-tuning once, as the worker does when it is due.

        The guardrail lets NDCG@10 fall by `tolerance` of the base's.
        """
        watch = Stopwatch()
        outcome = run_finetuning(min_interval_seconds=0, tolerance=tolerance)
        cost = watch.read()
        active = ModelVersion.objects.get(is_active=True)
        made = outcome.version_id
        metrics = {} if made is None else ModelVersion.objects.get(pk=made).metrics
        training = {
            **metrics.get("training", {}),
            "guardrail": metrics.get("ndcg_at_10", {}),
            "seconds": metrics.get("card", {}).get("finetuning", {}).get("seconds"),
        }
        folder = fetch_artifact(prefix=active.artifact_prefix, sha256=active.sha256)
        return Refresh(outcome.status, cost, training, folder)

    def _join(self, person: int) -> User:
        if person not in self.members:
            self.members[person] = User.objects.create(username=f"member-{person}")
        return self.members[person]

    def _state(self, row: int) -> RatingState:
        rated_at = datetime.fromtimestamp(int(self.interactions.timestamp[row]), tz=UTC)
        stars = Decimal(str(float(self.interactions.rating[row])))
        return RatingState(int(self.interactions.movie_id[row]), stars, rated_at, rated_at)

    def _add_films(self, movie_ids: set[int]) -> None:
        if not movie_ids:
            return
        with tempfile.TemporaryDirectory() as name:
            self._write_films(Path(name), movie_ids)
            import_dataset(path=Path(name), name="films")
        self.films |= movie_ids

    def _write_films(self, folder: Path, movie_ids: set[int]) -> None:
        with (folder / "movies.csv").open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(["movieId", "title", "genres"])
            for movie_id in sorted(movie_ids):
                info = self.movies.get(movie_id) or MovieInfo(f"Film {movie_id}", None, ())
                title = f"{info.title} ({info.year})" if info.year else info.title
                lines.writerow([movie_id, title, "|".join(info.genres) or "(no genres listed)"])

    def _write_ratings(self, path: Path, rows: Sequence[int]) -> None:
        seen = self.interactions
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(["userId", "movieId", "rating", "timestamp"])
            lines.writerows(
                (seen.person[row] + 1, seen.movie_id[row], seen.rating[row], seen.timestamp[row])
                for row in rows
            )


def _write_tags(path: Path, tags: Sequence[TagRow]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["userId", "movieId", "tag", "timestamp"])
        lines.writerows((tag.person + 1, tag.movie_id, tag.text, tag.timestamp) for tag in tags)
