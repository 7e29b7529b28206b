"""What the encoder reads of a person's history."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.answers import HistoryItem
from recommender.serving import Snapshot


def make_sequence(
    snapshot: Snapshot, history: Sequence[HistoryItem]
) -> tuple[NDArray[np.int64], tuple[HistoryItem, ...]]:
    """Return the tokens that the encoder reads, (T,) oldest first, and the films they stand for.

    Films that the catalogue or the model does not know are skipped. What has no time counts as
    watched now: somebody who names films to a service asks in the present. Films so long ago that
    the encoder does not reach back to them are told without stars and times.
    """
    if snapshot.model is None or not history:
        return np.zeros(0, dtype=np.int64), ()
    positions = snapshot.catalogue.positions_of([item.movie_id for item in history])
    idx = np.where(positions >= 0, snapshot.item_idx[positions], 0)
    films = tuple(history[place] for place in np.flatnonzero(idx).tolist())
    network = snapshot.model.network
    tokens = idx[idx > 0].astype(np.int64)
    # One more than it reads: where a film is deleted to see what it did, the one before moves up.
    last = slice(-network.max_seq_len - 1, None)
    features, now = network.token_features, time.time()
    tokens[last] = features.make_tokens(
        tokens[last],
        stars=[item.stars or 0.0 for item in films[last]] if features.stars else None,
        timestamps=[
            int(now if item.watched_at is None else item.watched_at) for item in films[last]
        ]
        if features.read_timestamps
        else None,
    )
    return tokens, films
