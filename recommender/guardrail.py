"""The guardrail of fine-tuning: NDCG@10 of the next film may not fall, on a fixed sample.

It is asked before a fine-tuned version is published, and every night of the one that is served:
the sample, the ratings and the films change under it, and an operator may have activated any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from movieshow.advisory_locks import try_advisory_lock
from recommender import training_data
from recommender.artifacts import fetch_artifact
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.metrics import ndcg, rank_targets
from recommender.ml.ranking import read_tokens
from recommender.ml.significance import bootstrap_interval
from recommender.ml.tokens import items_of
from recommender.model_versions import FINETUNE_LOCK, return_to_base
from recommender.models import ModelVersion

CUT_OFF = 10
BATCH = 32
# A fall that may be chance is let through up to this share of the base's NDCG@10.
TOLERANCE = 0.03


@dataclass(frozen=True)
class Comparison:
    """Mean NDCG@10 before and after on the same people, and the 95 % interval of the difference."""

    before: float
    after: float
    low: float
    high: float
    people: int

    def is_worse(self, *, tolerance: float = TOLERANCE) -> bool:
        """Whether the model after must not be served.

        NDCG@10 may not fall, and what is measured on some people tells of a fall only so well.
        Hence two rules: the fall is certain, however small, when the 95 % interval of the paired
        difference lies below zero whole; and a fall of more than `tolerance` (0.03 for 3 %) of the
        base's is refused without proof, for the fewer people there are the less can be proven, and
        the version before costs nothing. A `tolerance` of 1 lets everything pass.
        """
        if tolerance >= 1:
            return False
        return self.high < 0 or self.after < self.before * (1 - tolerance)

    def describe(self) -> str:
        """Return both means and the interval, for a version's note."""
        return (
            f"NDCG@10 {self.before:.4f} -> {self.after:.4f} on {self.people} people "
            f"(95 % interval of the difference {self.low:+.4f} to {self.high:+.4f})."
        )

    def for_metrics(self) -> dict[str, float | int | list[float]]:
        """Return it as JSON values."""
        measured = {"base": self.before, "finetuned": self.after, "people": self.people}
        return {**measured, "difference": [self.low, self.high]}


def compare_gains(before: NDArray[np.float64], after: NDArray[np.float64]) -> Comparison:
    """Compare what two models gain, (P,) each, from the same people in the same order.

    The interval is a bootstrap over people, see `ml.significance`.
    """
    if not len(before):
        return Comparison(0.0, 0.0, 0.0, 0.0, 0)
    low, high = bootstrap_interval(after - before)
    return Comparison(float(before.mean()), float(after.mean()), low, high, len(before))


def compare_models(base: Path, tuned: Path, histories: Sequence[History]) -> Comparison:
    """Compare the models of two folders on the last films of these histories."""
    before, after = (
        measure_gains(InferenceModel.load(folder, num_threads=1), histories)
        for folder in (base, tuned)
    )
    return compare_gains(before, after)


def recheck_active_version() -> str:
    """Roll an active fine-tuned version back to its base if it is worse by now.

    Returns what came of it: "rolled_back", "sound", "too_few" people to tell, "not_finetuned" where
    a full training is active, "busy" while another worker fine-tunes, "superseded" if another
    became active meanwhile.

    Raises:
        ArtifactStorageError: the files of one of both are missing or corrupt.
    """
    with try_advisory_lock(FINETUNE_LOCK) as is_mine:
        if not is_mine:
            return "busy"
        active = ModelVersion.objects.select_related("base").filter(is_active=True).first()
        if active is None or active.base is None:
            return "not_finetuned"
        sample = training_data.read_validation_sample()
        if not sample.is_large_enough:
            return "too_few"
        before, after = (
            fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256)
            for version in (active.base, active)
        )
        comparison = compare_models(before, after, sample.histories)
        if not comparison.is_worse():
            return "sound"
        is_back = return_to_base(active, reason=f"Rolled back: {comparison.describe()}")
    return "rolled_back" if is_back else "superseded"


def measure_gains(model: InferenceModel, histories: Sequence[History]) -> NDArray[np.float64]:
    """Return (P,) NDCG@10 of predicting each history's last film from those before it.

    The whole catalogue of the model is ranked, films seen before left out, ties ranked worst.
    Histories whose last film the model does not know count 0.

    Raises:
        ValueError: the model is broken: a score is NaN.
    """
    gains = np.zeros(len(histories))
    last = [int(model.index_of(history.movie_ids[-1:])[0]) for history in histories]
    seen = [read_tokens(model, history.select(slice(-1))) for history in histories]
    usable = [row for row, target in enumerate(last) if target and len(seen[row])]
    for start in range(0, len(usable), BATCH):
        batch = usable[start : start + BATCH]
        scores = model.scores(model.encode([seen[row] for row in batch]))
        for scored, row in zip(scores, batch, strict=True):
            scored[items_of(seen[row])] = -np.inf
        ranks = rank_targets(scores, [np.array([last[row]]) for row in batch])
        gains[batch] = ndcg(ranks, CUT_OFF)
    return gains
