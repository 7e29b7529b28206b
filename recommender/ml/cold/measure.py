"""How well films that a network was not trained on are found, and what they cost the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import PADDING_IDX, Vocabulary
from recommender.ml.evaluation import Recommender
from recommender.ml.metrics import hit_rate, ndcg, rank_targets
from recommender.ml.significance import bootstrap_interval
from recommender.ml.splits import EvaluationSplit
from recommender.ml.tokens import Watchings

BATCH = 256
CUT_OFF = 10
LAST_FILMS = 20
DECAY = 0.9


@dataclass
class ContentNeighbours:
    """Scores films by the cosine of their features with those of the films watched last.

    `features` (V, K) float32, padding first. With `nearest` the score is that of the most similar
    film of the last 20, else that of their mean, the later weighing more (0.9 a film).
    """

    name: str
    vocabulary: Vocabulary
    features: NDArray[np.float32]
    nearest: bool = False

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - order alone plays a part
    ) -> NDArray[np.float32]:
        """Score every film for each history: (B, V) float32, padding -inf."""
        lengths = np.linalg.norm(self.features, axis=1, keepdims=True)
        unit = self.features / np.where(lengths > 0, lengths, 1.0)
        scores = np.zeros((len(histories), len(self.vocabulary)), dtype=np.float32)
        for row, history in zip(scores, histories, strict=True):
            last = unit[history[-LAST_FILMS:]]  # (T, K)
            if self.nearest:
                row[:] = (unit @ last.T).max(axis=1, initial=0.0)
            else:
                row[:] = unit @ (DECAY ** np.arange(len(last))[::-1] @ last).astype(np.float32)
        scores[:, PADDING_IDX] = -np.inf
        return scores


@dataclass
class RandomOrder:
    """Scores films by chance, the same on every run."""

    name: str
    vocabulary: Vocabulary

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,  # noqa: ARG002 - chance needs none
    ) -> NDArray[np.float32]:
        """Score every film for each history: (B, V) float32, padding -inf."""
        shape = (len(histories), len(self.vocabulary))
        scores = np.random.default_rng(len(histories)).random(shape, dtype=np.float32)
        scores[:, PADDING_IDX] = -np.inf
        return scores


@dataclass(frozen=True)
class Found:
    """Ranks (Q,) of the film asked for: among all films, and among the withheld ones alone."""

    among_all: NDArray[np.int64]
    among_cold: NDArray[np.int64]


def find_targets(
    recommender: Recommender, split: EvaluationSplit, cold_ids: NDArray[np.int64]
) -> Found:
    """Rank each question's film, films watched before left out; unknown ones rank last."""
    vocabulary = recommender.vocabulary
    is_cold = np.isin(vocabulary.movie_ids, cold_ids)
    every: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * len(split)
    cold = list(every)
    order = np.argsort([len(history) for history in split.histories], kind="stable")
    for start in range(0, len(order), BATCH):
        asked = order[start : start + BATCH]
        known = [vocabulary.index_of(split.histories[q]) for q in asked]
        histories = [items[items != PADDING_IDX] for items in known]
        scores = np.array(recommender.score(histories, None), dtype=np.float32)
        for row, seen in zip(scores, histories, strict=True):
            row[seen] = -np.inf
        targets = [vocabulary.index_of(split.targets[q]) for q in asked]
        ranks = rank_targets(scores, targets)
        scores[:, ~is_cold] = -np.inf
        for q, rank, rank_cold in zip(asked, ranks, rank_targets(scores, targets), strict=True):
            every[q], cold[q] = rank, rank_cold
    return Found(np.concatenate(every), np.concatenate(cold))


def per_person(split: EvaluationSplit, ranks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return hit rate and NDCG at 10, (U,) each: the mean over each person's questions."""
    people = {key: number for number, key in enumerate(dict.fromkeys(split.person_keys))}
    owner = np.array([people[key] for key in split.person_keys])
    asked = np.bincount(owner)
    rows = list(ranks[:, None])
    values = {"hr@10": hit_rate(rows, CUT_OFF), "ndcg@10": ndcg(rows, CUT_OFF)}
    return {name: np.bincount(owner, weights=value) / asked for name, value in values.items()}


def describe_ranks(split: EvaluationSplit, ranks: NDArray[np.int64]) -> dict[str, list[float]]:
    """Return hit rate and NDCG at 10 as [mean, low, high], 95 % bootstrap over people."""
    return {
        name: [float(values.mean()), *bootstrap_interval(values)]
        for name, values in per_person(split, ranks).items()
    }


def describe_difference(
    split: EvaluationSplit, better: NDArray[np.int64], worse: NDArray[np.int64]
) -> dict[str, list[float]]:
    """Return by how much the first ranks beat the second: [mean, low, high], people drawn alike."""
    first, second = per_person(split, better), per_person(split, worse)
    return {
        name: [
            float((first[name] - second[name]).mean()),
            *bootstrap_interval(first[name] - second[name]),
        ]
        for name in first
    }
