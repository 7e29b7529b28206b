"""One window measured: three models at each point, one question after the other."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.finetuning import TOLERANCE
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.errors import UsageError
from recommender.ml.evaluation import Catalogue, evaluate
from recommender.ml.inference import InferenceModel
from recommender.ml.trained import TrainedRecommender
from tests.freshness.figures import FROZEN, METRICS, RETRAINED, TUNED, join_columns
from tests.freshness.protocol import Window, ask_last_films, ask_next_films, is_validation, pose
from tests.freshness.results import WindowResult
from tests.freshness.site import Refresh, Site
from tests.freshness.tags import TagRow
from tests.freshness.training import Cost, ModelShelf

logger = logging.getLogger(__name__)

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Audience:
    """All that happened: people of all data sets once each, the films, the tags."""

    interactions: Interactions
    movies: dict[int, MovieInfo]
    tags: Sequence[TagRow]


class WindowMeasurement:
    """Measures one window; needs an empty database of its own. `tolerance` is the guardrail's."""

    def __init__(
        self,
        audience: Audience,
        window: Window,
        shelf: ModelShelf,
        *,
        tolerance: float = TOLERANCE,
    ) -> None:
        self.audience, self.window, self.shelf = audience, window, shelf
        self.tolerance = tolerance
        seen = audience.interactions
        fraction = shelf.config.data.validation_fraction
        self.validation = is_validation(seen, fraction=fraction)
        before = seen.select_rows(seen.timestamp < window.cutoff)
        self.catalogue = Catalogue.build(before, audience.movies)
        self.known_films = np.unique(before.movie_id)

    def run(self) -> WindowResult:
        """Set the site up, let the year pass, ask.

        Raises:
            UsageError: Nobody rated before the cut-off, or nobody is to be asked in the year.
        """
        seen, cutoff = self.audience.interactions, self.window.cutoff
        if not (seen.timestamp < cutoff).any() or not len(self._rows_asked()):
            raise UsageError(
                f"{self.window.year}: these data have nobody to ask in that year, or no ratings "
                "before it; choose other --cutoffs"
            )
        base = self.shelf.train_until(seen, cutoff)
        site = Site(
            seen, self.audience.movies, self.audience.tags, cutoff=cutoff, model=base.folder
        )
        asked: list[Columns] = []
        steps: list[dict[str, Any]] = []
        refreshed: Refresh | None = None
        for number, (point, end) in enumerate(self.window.refreshed_steps, start=1):
            ratings = site.let_time_pass(point)
            refreshed = site.refresh(tolerance=self.tolerance)
            full = self.shelf.train_until(seen, point)
            folders = {FROZEN: base.folder, TUNED: refreshed.folder, RETRAINED: full.folder}
            asked.append(self._ask_step(folders, number, point, end))
            steps.append(_describe(refreshed, full.cost, ratings, len(asked[-1]["person"])))
            logger.info("%d, step %d: %s", self.window.year, number, steps[-1])
        if refreshed is None:
            raise UsageError("a window of one step has no point of refreshing")
        old = self._ask_old({FROZEN: base.folder, TUNED: refreshed.folder})
        record = {"steps": steps, "base": dataclasses.asdict(base.cost)}
        return WindowResult(self.window.year, join_columns(asked), old, record)

    def _rows_asked(self) -> NDArray[np.int64]:
        bounds = self.window.refreshed_steps
        return ask_next_films(
            self.audience.interactions,
            since=bounds[0][0],
            until=bounds[-1][1],
            left_out=self.validation,
        )

    def _ask_step(self, folders: dict[str, Path], number: int, point: int, end: int) -> Columns:
        seen = self.audience.interactions
        rows = ask_next_films(seen, since=point, until=end, left_out=self.validation)
        firsts = seen.timestamp[seen.offsets[:-1]]
        return {
            "step": np.full(len(rows), number),
            "person": seen.person[rows],
            "was_trained_on": firsts[seen.person[rows]] < self.window.cutoff,
            "is_new_film": ~np.isin(seen.movie_id[rows], self.known_films),
            **self._answer(folders, rows),
        }

    def _ask_old(self, folders: dict[str, Path]) -> Columns:
        seen = self.audience.interactions
        rows = ask_last_films(seen, before=self.window.cutoff, left_out=self.validation)
        return {"person": seen.person[rows], **self._answer(folders, rows)}

    def _answer(self, folders: dict[str, Path], rows: NDArray[np.int64]) -> Columns:
        """Return "model metric" (Q,) float64 of each model's answer to each question."""
        if not len(rows):
            return {f"{name} {metric}": np.empty(0) for name in folders for metric in METRICS}
        split = pose(self.audience.interactions, rows, "freshness")
        found: Columns = {}
        for name, folder in folders.items():
            model = TrainedRecommender(name, InferenceModel.load(folder, num_threads=1))
            answers = evaluate(model, split, self.catalogue).per_person
            found |= {f"{name} {metric}": answers[metric] for metric in METRICS}
        return found


def _describe(refreshed: Refresh, full: Cost, ratings: int, questions: int) -> dict[str, Any]:
    return {
        "ratings": ratings,
        "questions": questions,
        "status": refreshed.status,
        "job": dataclasses.asdict(refreshed.cost),
        "training": refreshed.training,
        "retrain": dataclasses.asdict(full),
    }
