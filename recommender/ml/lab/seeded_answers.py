"""Answers of one recommender fitted with several seeds, and answers on several splits, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from recommender.ml import metrics
from recommender.ml.evaluation import Catalogue, Evaluation
from recommender.ml.segments import segment_by_target_genre
from recommender.ml.splits import EvaluationSplit


@dataclass(frozen=True)
class SeededAnswers:
    """The answers of one recommender, one for each of its `seeds` (None: its own)."""

    seeds: tuple[int | None, ...]
    runs: tuple[Evaluation, ...]

    @cached_property
    def average(self) -> Evaluation:
        """Return the answers with every person's metrics averaged over seeds.

        Means, segments and bootstraps over people follow from it as from a single run; `ranks` and
        `top` are those of the first.
        """
        first = self.runs[0]
        if len(self.runs) == 1:
            return first
        return replace(
            first,
            per_person={
                name: np.mean([run.per_person[name] for run in self.runs], axis=0)
                for name in first.per_person
            },
            coverage=float(np.mean([run.coverage for run in self.runs])),
        )

    def spread(self) -> dict[str, float]:
        """Return the standard deviation of each mean over seeds (n - 1); nothing for one seed."""
        if len(self.runs) == 1:
            return {}
        means = [run.means() for run in self.runs]
        return {name: float(np.std([mean[name] for mean in means], ddof=1)) for name in means[0]}

    def by_target_genre(self, genres: Mapping[int, tuple[str, ...]]) -> dict[str, dict[str, Any]]:
        """Return the table of genres, averaged over seeds."""
        tables = [segment_by_target_genre(run, genres) for run in self.runs]
        return {
            genre: {
                key: float(np.mean([table[genre][key] for table in tables]))
                for key in tables[0][genre]
            }
            for genre in tables[0]
        }


def join_evaluations(
    parts: Sequence[Evaluation], whole: EvaluationSplit, catalogue: Catalogue
) -> Evaluation:
    """Return the answers to `whole`, whose people are those of the parts, one after the other.

    Raises:
        ValueError: They are not.
    """
    keys = [key for part in parts for key in part.split.person_keys]
    if keys != whole.person_keys:
        msg = "the parts hold other people than the whole, or in another order"
        raise ValueError(msg)
    top = np.concatenate([part.top for part in parts])
    return Evaluation(
        model=parts[0].model,
        split=whole,
        per_person={
            name: np.concatenate([part.per_person[name] for part in parts])
            for name in parts[0].per_person
        },
        ranks=[row for part in parts for row in part.ranks],
        top=top,
        coverage=metrics.coverage(top, catalogue.rated_ids),
    )
