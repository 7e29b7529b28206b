"""The same answers, for people of like histories and for movies of like genres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.ml.evaluation import HIT_CUTOFFS, Evaluation

LENGTH_SEGMENTS = (("<5", 0, 5), ("5-19", 5, 20), ("20-99", 20, 100), (">=100", 100, None))


def segment_by_history_length(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return people and mean metrics of those with <5, 5-19, 20-99 and >=100 movies before."""
    lengths = np.array([len(history) for history in evaluation.split.histories])
    table = {}
    for label, low, high in LENGTH_SEGMENTS:
        inside = (lengths >= low) & ((lengths < high) if high is not None else True)
        if inside.any():
            means = {
                name: float(values[inside].mean()) for name, values in evaluation.per_person.items()
            }
            table[label] = {"people": int(inside.sum()), **means}
    return table


def segment_by_target_genre(
    evaluation: Evaluation, genres: Mapping[int, tuple[str, ...]]
) -> dict[str, dict[str, float]]:
    """Return per genre how many targets have it and how many of them are in the top k.

    A target with several genres counts in each; here a hit is of that target, not of any.
    """
    rows: dict[str, list[int]] = {}
    for targets, ranks in zip(evaluation.split.targets, evaluation.ranks, strict=True):
        for movie_id, rank in zip(targets.tolist(), ranks.tolist(), strict=True):
            for name in genres.get(movie_id, ()):
                rows.setdefault(name, []).append(rank)
    table = {}
    for name in sorted(rows):
        found = np.array(rows[name], dtype=np.int64)
        hits = {f"hit@{k}": float((found <= k).mean()) for k in HIT_CUTOFFS}
        table[name] = {"targets": float(len(found)), **hits}
    return table
