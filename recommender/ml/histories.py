"""What one person watched, in the terms of the outside world: movie ids, stars, clock times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import PADDING_IDX, Interactions, Vocabulary
from recommender.ml.tokens import TokenFeatures


@dataclass(frozen=True)
class History:
    """Films watched, oldest first, each with what is known of it, all (T,).

    `movie_ids` int64; `stars` float32 0.5..5, 0 where unknown; `timestamps` int64 unix seconds,
    0 where unknown.
    """

    movie_ids: NDArray[np.int64]
    stars: NDArray[np.float32]
    timestamps: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        movie_ids: Sequence[int] | NDArray[np.integer],
        *,
        stars: Sequence[float] | NDArray[np.floating] | None = None,
        timestamps: Sequence[int] | NDArray[np.integer] | None = None,
    ) -> History:
        """Return a history; stars and times that are not given are unknown."""
        films = np.asarray(movie_ids, dtype=np.int64)
        return cls(
            movie_ids=films,
            stars=np.zeros(len(films), np.float32) if stars is None else np.asarray(stars, "f4"),
            timestamps=np.zeros(len(films), np.int64)
            if timestamps is None
            else np.asarray(timestamps, "i8"),
        )

    def __len__(self) -> int:
        """Return the number of films."""
        return len(self.movie_ids)

    def select(self, places: NDArray[np.integer] | NDArray[np.bool_] | slice) -> History:
        """Return the films at these places."""
        return History(self.movie_ids[places], self.stars[places], self.timestamps[places])

    def tokens(self, vocabulary: Vocabulary, features: TokenFeatures) -> NDArray[np.int64]:
        """Return the tokens of the films that `vocabulary` knows, as a network of `features` reads.

        A film that comes twice keeps its first place.
        """
        item_idx = vocabulary.index_of(self.movie_ids)
        first = np.sort(np.unique(item_idx, return_index=True)[1])
        known = first[item_idx[first] != PADDING_IDX]
        return features.make_tokens(
            item_idx[known], stars=self.stars[known], timestamps=self.timestamps[known]
        )


def read_history(interactions: Interactions, rows: slice) -> History:
    """Return these rows, of one person."""
    # Of these people alone: `true_timestamps` would go through everybody's.
    people = np.unique(interactions.person[rows]).tolist()
    is_true = interactions.order_only.isdisjoint(interactions.person_keys[p][0] for p in people)
    return History(
        movie_ids=interactions.movie_id[rows].astype(np.int64),
        stars=interactions.rating[rows],
        timestamps=np.where(is_true, interactions.timestamp[rows], 0),
    )
