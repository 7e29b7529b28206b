"""Ranking films for histories with a served model: unknown films skipped, seen films left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.metrics import top_items
from recommender.ml.tokens import items_of

BATCH_HISTORIES = 256


@dataclass(frozen=True)
class Ranking:
    """The best films of one history: `item_idx` (k,) int64 best first, `scores` (k,) float32."""

    item_idx: NDArray[np.int64]
    scores: NDArray[np.float32]


def rank_films(model: InferenceModel, histories: Sequence[History], *, k: int) -> list[Ranking]:
    """Rank the whole catalogue for histories and keep the best k.

    A film that comes twice keeps its first place. Where no film is known the ranking is by
    popularity. Fewer than k are returned only where a person has seen nearly all films.
    """
    known = [read_tokens(model, history) for history in histories]
    rankings: list[Ranking] = []
    for start in range(0, len(known), BATCH_HISTORIES):
        batch = known[start : start + BATCH_HISTORIES]
        scores = np.tile(model.popularity_scores(), (len(batch), 1))
        filled = [row for row, items in enumerate(batch) if len(items)]
        scores[filled] = model.scores(model.encode([batch[row] for row in filled]))
        for row, tokens in zip(scores, batch, strict=True):
            row[items_of(tokens)] = -np.inf
        rankings.extend(
            Ranking(best[np.isfinite(row[best])], row[best][np.isfinite(row[best])])
            for row, best in zip(scores, top_items(scores, k), strict=True)
        )
    return rankings


def read_tokens(model: InferenceModel, history: History) -> NDArray[np.int64]:
    """Return the tokens of the films that the model knows, each once, oldest first."""
    return history.tokens(model.vocabulary, model.token_features)
