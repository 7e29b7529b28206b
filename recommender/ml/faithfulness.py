"""Whether reasons are true: what deleting the named film does, beside deleting others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.ml.explain import CLEAR_DROP, occlusion_drops
from recommender.ml.inference import InferenceModel
from recommender.ml.tokens import items_of

SHOWN = 10
OCCLUDED = 16


@dataclass
class RankDrops:
    """By how many places shown films fall, one number a reason, for each choice of what to delete.

    `films` counts all films shown, with a reason or without.
    """

    named: list[int] = field(default_factory=list)
    random: list[float] = field(default_factory=list)
    most_recent: list[int] = field(default_factory=list)
    films: int = 0

    def summary(self) -> dict[str, float | int]:
        """Return means, and the shares in which a film falls at all and falls most by the named."""
        named, random = np.array(self.named), np.array(self.random)
        return {
            "films": self.films,
            "reasons": len(named),
            "share_with_reason": round(len(named) / self.films, 4),
            "mean_rank_drop_named": round(float(named.mean()), 3),
            "mean_rank_drop_random": round(float(random.mean()), 3),
            "mean_rank_drop_most_recent": round(float(np.mean(self.most_recent)), 3),
            "median_rank_drop_named": float(np.median(named)),
            "share_named_drops_film": round(float((named > 0).mean()), 4),
            "share_named_drops_more_than_random": round(float((named > random).mean()), 4),
        }


def measure_faithfulness(
    model: InferenceModel, sequences: Sequence[NDArray[np.int64]]
) -> RankDrops:
    """Rank the ten films shown to each person again without a film of their last sixteen.

    The named film is the one whose deletion lowers the log-probability most, where clearly; random
    is the mean over all sixteen, the named one among them. Ranks are over the whole catalogue less
    the films of the full history, so a deleted film does not come back to push others down.
    """
    drops = RankDrops()
    for sequence in sequences:
        _measure_person(model, sequence, drops)
    return drops


def _measure_person(model: InferenceModel, sequence: NDArray[np.int64], drops: RankDrops) -> None:
    positions = np.arange(max(0, len(sequence) - OCCLUDED), len(sequence))
    variants = [sequence, *(np.delete(sequence, place) for place in positions)]
    scores = model.scores(model.encode(variants))  # (1 + n, V)
    scores[:, items_of(sequence)] = -np.inf
    shown = np.argsort(-scores[0], kind="stable")[:SHOWN]
    ranks = (scores[:, None, :] > scores[:, shown, None]).sum(axis=2)  # (1 + n, 10)
    falls = ranks[1:] - ranks[0]
    lowered = occlusion_drops(model, sequence, shown, last=OCCLUDED).drops  # (n, 10)
    drops.films += len(shown)
    for film in range(len(shown)):
        named = int(lowered[:, film].argmax())
        if lowered[named, film] < CLEAR_DROP:
            continue
        drops.named.append(int(falls[named, film]))
        drops.random.append(float(falls[:, film].mean()))
        drops.most_recent.append(int(falls[-1, film]))
