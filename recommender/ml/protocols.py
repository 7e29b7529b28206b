"""The three questions quality is measured by, each with what may be trained on beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np

from recommender.ml.datasets import Interactions
from recommender.ml.splits import (
    EvaluationSplit,
    hold_out_people,
    keep_one_copy,
    last_n,
    leave_one_out,
    temporal_cutoff,
    without_last,
)

ProtocolName = Literal["leave-one-out", "last-5", "temporal"]
HeldOutRule = Literal["people", "targets"]

PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)
HELD_OUT_RULES: tuple[HeldOutRule, ...] = get_args(HeldOutRule)


@dataclass(frozen=True)
class Question:
    """What is asked (`split`), what may be trained on for it (`train`), and a note for readers."""

    train: Interactions
    split: EvaluationSplit
    note: str


def pose_question(
    interactions: Interactions,
    *,
    protocol: ProtocolName,
    held_out: HeldOutRule = "people",
    fraction: float = 0.1,
) -> Question:
    """Make the split of a protocol.

    Under `people`, a stable `fraction` of the people is asked and never trained on. Under
    `targets`, as in most papers, everyone is asked and only the targets are withheld from
    training. `temporal` knows no such rule: it cuts everyone at one moment, after which the last
    `fraction` of all ratings lie.

    Raises:
        SplitError: The interactions are too few for the protocol.
    """
    if protocol == "temporal":
        return _pose_temporal(interactions, fraction)
    num_targets = 1 if protocol == "leave-one-out" else 5
    if held_out == "people":
        train, asked = hold_out_people(interactions, fraction=fraction)
        note = f"asked of {fraction:.0%} of the people by stable hash, never trained on"
    else:
        asked = keep_one_copy(interactions)
        train = without_last(asked, n=num_targets)
        note = "asked of everyone; only the targets are withheld from training"
    split = leave_one_out(asked) if num_targets == 1 else last_n(asked, n=num_targets)
    return Question(train, split, note)


def _pose_temporal(interactions: Interactions, fraction: float) -> Question:
    train, split, cutoff = temporal_cutoff(keep_one_copy(interactions), quantile=1.0 - fraction)
    is_new = ~np.isin(np.concatenate(split.targets), train.movie_id)
    note = (
        f"trained on all before {datetime.fromtimestamp(cutoff, UTC):%Y-%m-%d} (unix time "
        f"{cutoff}); asked of everyone active since for their last rating, given all before it. "
        f"{is_new.mean():.0%} of these films had no rating before the cut-off: no model can name "
        "them"
    )
    return Question(train, split, note)
