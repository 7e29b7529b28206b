"""The guardrail of fine-tuning: NDCG@10 of the next film, on a fixed sample of histories."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.ml.inference import InferenceModel

CUT_OFF = 10
BATCH = 32


def measure_ndcg(model: InferenceModel, histories: Sequence[NDArray[np.int64]]) -> float:
    """Return mean NDCG@10 of predicting each history's last film from those before it.

    `histories` are movie ids, oldest first. The whole catalogue of the model is ranked, films seen
    before left out, ties ranked worst. Histories whose last film the model does not know count 0;
    0.0 where there are none at all.
    """
    gains = []
    known = [np.asarray(model.index_of(history)) for history in histories]
    usable = [idx for idx in known if idx[-1] and idx[:-1].any()]
    for start in range(0, len(usable), BATCH):
        batch = usable[start : start + BATCH]
        seen = [idx[:-1][idx[:-1] > 0] for idx in batch]
        scores = model.scores(model.encode(seen))
        gains += [
            _gain(row, idx[-1], past) for row, idx, past in zip(scores, batch, seen, strict=True)
        ]
    return float(sum(gains) / len(histories)) if histories else 0.0


def _gain(scores: NDArray[np.float32], target: int, seen: NDArray[np.int32]) -> float:
    """Return 1 / log2(1 + rank) of the target within the cut-off, else 0."""
    allowed = np.isfinite(scores)
    allowed[seen] = False
    allowed[target] = False
    rank = 1 + int((scores[allowed] >= scores[target]).sum())
    return float(1.0 / np.log2(1 + rank)) if rank <= CUT_OFF else 0.0
