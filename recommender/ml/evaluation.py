"""Asks a recommender the questions of a split and keeps every person's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.ml import metrics
from recommender.ml.datasets import PADDING_IDX, Interactions, MovieInfo, Vocabulary
from recommender.ml.splits import EvaluationSplit
from recommender.ml.tokens import Watchings

HIT_CUTOFFS = (5, 10, 20)
NDCG_CUTOFFS = (5, 10)
LIST_LENGTH = 10
BATCH_SIZE = 256

Progress = Callable[[int], object]


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
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history (item_idx, oldest first): (B, V), padding -inf.

        `watchings` lie beside the histories, for models that read more than films.
        """
        ...


@dataclass(frozen=True)
class Catalogue:
    """Facts about movies that lists are judged by, the same for every model of a comparison.

    `genres` maps movie id to genre names; `counts` maps movie id to how many of the `num_people`
    people trained on rated it.
    """

    genres: Mapping[int, tuple[str, ...]]
    counts: Mapping[int, int]
    num_people: int

    @property
    def rated_ids(self) -> NDArray[np.int64]:
        """Return the ids of all movies that the people trained on rated."""
        return np.array(list(self.counts), dtype=np.int64)

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


def evaluate(
    recommender: Recommender,
    split: EvaluationSplit,
    catalogue: Catalogue,
    *,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank the full catalogue of the recommender for everyone in the split, seen movies left out.

    Targets that the recommender's vocabulary lacks count as misses. `progress` is told how many
    more people have been asked.
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
            progress(len(people))
    top_ids = vocabulary.movie_ids[top]
    return Evaluation(
        model=recommender.name,
        split=split,
        per_person=_measure(ranks, top, vocabulary, catalogue),
        ranks=ranks,
        top=top_ids,
        coverage=metrics.coverage(top_ids, catalogue.rated_ids),
    )


def _score_unseen(
    recommender: Recommender, split: EvaluationSplit, people: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Score a batch (B, V) and strike out what each person has seen."""
    histories, timestamps, stars = [], [], []
    for u in people:
        items = recommender.vocabulary.index_of(split.histories[u])
        known = items != PADDING_IDX
        histories.append(items[known])
        timestamps.append(split.timestamps[u][known] * int(split.true_times[u]))
        stars.append(split.stars[u][known])
    scores = np.array(recommender.score(histories, Watchings(timestamps, stars)), dtype=np.float32)
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
