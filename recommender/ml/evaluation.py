"""Asks a recommender the questions of a split and keeps every person's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.ml import metrics
from recommender.ml.datasets import PADDING_IDX, Interactions, MovieInfo, Vocabulary
from recommender.ml.splits import EvaluationSplit

HIT_CUTOFFS = (5, 10, 20)
NDCG_CUTOFFS = (5, 10)
LIST_LENGTH = 10
BATCH_SIZE = 256
LENGTH_SEGMENTS = (("<5", 0, 5), ("5-19", 5, 20), ("20-99", 20, 100), (">=100", 100, None))
BOOTSTRAP_SAMPLES = 2000

Progress = Callable[[int, int], object]


class Recommender(Protocol):
    """Anything that scores all movies for a history: baselines and trained models alike."""

    vocabulary: Vocabulary

    @property
    def name(self) -> str:
        """Return what tables call it."""
        ...

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        timestamps: Sequence[NDArray[np.int64]] | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history (item_idx, oldest first): (B, V), padding -inf."""
        ...


@dataclass(frozen=True)
class Catalogue:
    """Facts about movies that lists are judged by, the same for every model of a comparison.

    `genres` maps movie id to genre names; `counts` maps movie id to how many of the `num_people`
    people trained on rated it. `num_items` of them were rated at all.
    """

    genres: Mapping[int, tuple[str, ...]]
    counts: Mapping[int, int]
    num_people: int

    @property
    def num_items(self) -> int:
        """Return how many movies the people trained on rated."""
        return len(self.counts)

    @classmethod
    def build(cls, train: Interactions, movies: Mapping[int, MovieInfo]) -> Catalogue:
        """Count the ratings of `train` and take the genres from `movies`."""
        ids, counts = np.unique(train.movie_id, return_counts=True)
        return cls(
            genres={movie_id: info.genres for movie_id, info in movies.items()},
            counts=dict(zip(ids.tolist(), counts.tolist(), strict=True)),
            num_people=train.num_people,
        )


@dataclass(frozen=True)
class Evaluation:
    """What one recommender answered on one split.

    `per_person` maps a metric to (U,) float64; `ranks` (U,) holds the ranks of the targets
    (`metrics.MISS` where unknown to the model), `top` (U, 10) the movie ids of each list.
    """

    model: str
    split: EvaluationSplit
    per_person: dict[str, NDArray[np.float64]]
    ranks: list[NDArray[np.int64]]
    top: NDArray[np.int64]
    coverage: float

    def means(self) -> dict[str, float]:
        """Return the mean of every metric over people, and the coverage of all lists together."""
        found = {name: float(values.mean()) for name, values in self.per_person.items()}
        return {**found, f"coverage@{LIST_LENGTH}": self.coverage}

    def intervals(self, *, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Return the 95 % bootstrap interval of every mean."""
        return {
            name: bootstrap_interval(values, seed=seed) for name, values in self.per_person.items()
        }


def evaluate(
    recommender: Recommender,
    split: EvaluationSplit,
    catalogue: Catalogue,
    *,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank the full catalogue of the recommender for everyone in the split, seen movies left out.

    Targets that the recommender's vocabulary lacks count as misses.
    """
    vocabulary = recommender.vocabulary
    # Neighbours of like length share a batch, so that padding costs little.
    order = np.argsort([len(history) for history in split.histories], kind="stable")
    ranks: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * len(split)
    top = np.empty((len(split), min(LIST_LENGTH, len(vocabulary))), dtype=np.int64)
    for start in range(0, len(order), batch_size):
        people = order[start : start + batch_size]
        scores = _score_unseen(recommender, split, people)
        targets = [vocabulary.index_of(split.targets[u]) for u in people]
        for u, row in zip(people, metrics.rank_targets(scores, targets), strict=True):
            ranks[u] = row
        top[people] = metrics.top_items(scores, LIST_LENGTH)
        if progress is not None:
            progress(min(start + batch_size, len(order)), len(order))
    top_ids = vocabulary.movie_ids[top]
    return Evaluation(
        model=recommender.name,
        split=split,
        per_person=_measure(ranks, top, vocabulary, catalogue),
        ranks=ranks,
        top=top_ids,
        coverage=metrics.coverage(top_ids, max(catalogue.num_items, 1)),
    )


def _score_unseen(
    recommender: Recommender, split: EvaluationSplit, people: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Score a batch (B, V) and strike out what each person has seen."""
    histories, timestamps = [], []
    for u in people:
        items = recommender.vocabulary.index_of(split.histories[u])
        known = items != PADDING_IDX
        histories.append(items[known])
        timestamps.append(split.timestamps[u][known])
    scores = np.array(recommender.score(histories, timestamps), dtype=np.float32)
    for row, seen in zip(scores, histories, strict=True):
        row[seen] = -np.inf
    scores[:, PADDING_IDX] = -np.inf
    return scores


def _measure(
    ranks: list[NDArray[np.int64]],
    top: NDArray[np.int64],
    vocabulary: Vocabulary,
    catalogue: Catalogue,
) -> dict[str, NDArray[np.float64]]:
    ids = vocabulary.movie_ids.tolist()
    counts = np.array([catalogue.counts.get(movie_id, 0) for movie_id in ids], dtype=np.int64)
    return {
        **{f"hit@{k}": metrics.hit_rate(ranks, k) for k in HIT_CUTOFFS},
        **{f"ndcg@{k}": metrics.ndcg(ranks, k) for k in NDCG_CUTOFFS},
        "mrr": metrics.reciprocal_rank(ranks),
        f"diversity@{LIST_LENGTH}": metrics.diversity(top, genre_vectors(ids, catalogue.genres)),
        f"novelty@{LIST_LENGTH}": metrics.novelty(top, counts, catalogue.num_people),
    }


def genre_vectors(
    movie_ids: Sequence[int], genres: Mapping[int, tuple[str, ...]]
) -> NDArray[np.float32]:
    """Return (V, G) float32, 1.0 where the movie has the genre, genres in alphabetical order."""
    names = sorted({name for listed in genres.values() for name in listed})
    column = {name: place for place, name in enumerate(names)}
    vectors = np.zeros((len(movie_ids), max(len(names), 1)), dtype=np.float32)
    for row, movie_id in enumerate(movie_ids):
        for name in genres.get(movie_id, ()):
            vectors[row, column[name]] = 1.0
    return vectors


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


def bootstrap_interval(
    values: NDArray[np.float64], *, samples: int = BOOTSTRAP_SAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean over people drawn with replacement."""
    means = _resample_counts(len(values), samples, seed) @ values.astype(np.float32)
    means /= len(values)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _resample_counts(num_people: int, samples: int, seed: int) -> NDArray[np.float32]:
    """Return (samples, U) float32: how often each person was drawn; rows sum to U.

    The draws are the same for every metric and every model of a split.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((samples, num_people), dtype=np.float32)
    for row in counts:
        drawn = rng.integers(0, num_people, size=num_people)
        row[:] = np.bincount(drawn, minlength=num_people)
    return counts


def paired_difference(
    better: Evaluation, worse: Evaluation, metric: str, *, seed: int = 0
) -> tuple[float, float, float]:
    """Return (mean, low, high): by how much `better` beats `worse`, 95 %, the same people drawn.

    Raises:
        ValueError: The two were not asked the same.
    """
    if better.split.split_hash != worse.split.split_hash:
        msg = f"{better.model} and {worse.model} were evaluated on different splits"
        raise ValueError(msg)
    difference = better.per_person[metric] - worse.per_person[metric]
    low, high = bootstrap_interval(difference, seed=seed)
    return float(difference.mean()), low, high
