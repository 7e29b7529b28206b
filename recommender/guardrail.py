"""The guardrail of fine-tuning: NDCG@10 of the next film, on a fixed sample of histories."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.ranking import read_tokens
from recommender.ml.tokens import items_of

CUT_OFF = 10
BATCH = 32


def measure_ndcg(model: InferenceModel, histories: Sequence[History]) -> float:
    """Return mean NDCG@10 of predicting each history's last film from those before it.

    The whole catalogue of the model is ranked, films seen
    before left out, ties ranked worst. Histories whose last film the model does not know count 0;
    0.0 where there are none at all.
    """
    gains = []
    last = [int(model.index_of(history.movie_ids[-1:])[0]) for history in histories]
    seen = [read_tokens(model, history.select(slice(-1))) for history in histories]
    usable = [row for row, target in enumerate(last) if target and len(seen[row])]
    for start in range(0, len(usable), BATCH):
        batch = usable[start : start + BATCH]
        scores = model.scores(model.encode([seen[row] for row in batch]))
        gains += [
            _gain(scored, last[row], items_of(seen[row]))
            for scored, row in zip(scores, batch, strict=True)
        ]
    return float(sum(gains) / len(histories)) if histories else 0.0


def _gain(scores: NDArray[np.float32], target: int, seen: NDArray[np.int64]) -> float:
    """Return 1 / log2(1 + rank) of the target within the cut-off, else 0."""
    allowed = np.isfinite(scores)
    allowed[seen] = False
    allowed[target] = False
    rank = 1 + int((scores[allowed] >= scores[target]).sum())
    return float(1.0 / np.log2(1 + rank)) if rank <= CUT_OFF else 0.0
