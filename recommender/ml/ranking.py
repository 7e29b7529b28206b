"""Ranking films for histories with a served model: unknown films skipped, seen films left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.inference import InferenceModel
from recommender.ml.metrics import top_items

BATCH_HISTORIES = 256


@dataclass(frozen=True)
class Ranking:
    """The best films of one history: `item_idx` (k,) int64 best first, `scores` (k,) float32."""

    item_idx: NDArray[np.int64]
    scores: NDArray[np.float32]


def rank_films(
    model: InferenceModel, histories: Sequence[Sequence[int]], *, k: int
) -> list[Ranking]:
    """Rank the whole catalogue for histories of movie ids, oldest first, and keep the best k.

    A film that comes twice keeps its first place. Where no film is known the ranking is by
    popularity. Fewer than k are returned only where a person has seen nearly all films.
    """
    known = [known_items(model, history) for history in histories]
    rankings: list[Ranking] = []
    for start in range(0, len(known), BATCH_HISTORIES):
        batch = known[start : start + BATCH_HISTORIES]
        scores = np.tile(model.popularity_scores(), (len(batch), 1))
        filled = [row for row, items in enumerate(batch) if len(items)]
        scores[filled] = model.scores(model.encode([batch[row] for row in filled]))
        for row, items in zip(scores, batch, strict=True):
            row[items] = -np.inf
        rankings.extend(
            Ranking(best[np.isfinite(row[best])], row[best][np.isfinite(row[best])])
            for row, best in zip(scores, top_items(scores, k), strict=True)
        )
    return rankings


def known_items(model: InferenceModel, history: Sequence[int]) -> NDArray[np.int32]:
    """Return item_idx of the films of a history that the model knows, each once, oldest first."""
    item_idx = model.index_of(np.array(history, dtype=np.int64))
    first_places = np.sort(np.unique(item_idx, return_index=True)[1])
    once = item_idx[first_places]
    return once[once > 0]
