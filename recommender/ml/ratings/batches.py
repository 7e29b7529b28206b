"""Questions about stars as padded tensors: what calibration reads.

Shapes use B questions, T ratings of a history, newest first, N targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.ratings.questions import RatingQuestion

BATCH = 256
MAX_CALIBRATED = 300
"""So many of the newest ratings are read while scales are set: more would change them little."""


@dataclass(frozen=True)
class QuestionBatch:
    """Questions of like length as tensors, padded with 0: see the shapes above.

    `history`, `stars` (B, T) newest first; `targets`, `answers` (B, N), answers 0 where there is
    none; `has_halves` (B,) whether a half star is among the stars.
    """

    history: Tensor
    stars: Tensor
    targets: Tensor
    answers: Tensor
    has_halves: Tensor

    @classmethod
    def build(cls, questions: Sequence[RatingQuestion]) -> QuestionBatch:
        """Pad and stack."""
        newest = [question.history[::-1][:MAX_CALIBRATED] for question in questions]
        stars = [question.stars[::-1][:MAX_CALIBRATED] for question in questions]
        has_halves = np.array([bool(np.any(given % 1 != 0)) for given in stars])
        return cls(
            history=_pad(newest, np.int64),
            stars=_pad(stars, np.float32),
            targets=_pad([question.targets for question in questions], np.int64),
            answers=_pad([question.answers for question in questions], np.float32),
            has_halves=torch.from_numpy(has_halves),
        )


def make_batches(questions: Sequence[RatingQuestion]) -> Iterator[QuestionBatch]:
    """Yield questions in batches, short histories first."""
    order = np.argsort([len(question.history) for question in questions], kind="stable")
    for start in range(0, len(order), BATCH):
        yield QuestionBatch.build([questions[i] for i in order[start : start + BATCH]])


def _pad(rows: Sequence[NDArray[Any]], dtype: type[np.generic]) -> Tensor:
    table = np.zeros((len(rows), max(1, *(len(row) for row in rows))), dtype=dtype)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return torch.from_numpy(table)
