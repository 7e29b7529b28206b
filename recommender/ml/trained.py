"""A trained model, scored like a baseline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import PADDING_IDX
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.question_config import QuestionConfig
from recommender.ml.tokens import Watchings

HELD_OUT_BY_DEFAULT = 0.1
"""The fraction of people kept from training by models whose card does not say."""


class TrainedRecommender:
    """A trained model directory behind the interface of the baselines."""

    def __init__(self, name: str, model: InferenceModel) -> None:
        self.name = name
        self.model = model
        self.vocabulary = model.vocabulary

    @property
    def origin(self) -> str:
        """Return when and by which command the model was trained, from its card."""
        card = self.model.card
        return f"{card.get('created_at', 'date unknown')}, {card.get('command', 'command unknown')}"

    def doubt(self, question: QuestionConfig) -> str | None:
        """Return why the model may know some targets of a question, or None if it cannot.

        Its card says which part of the people, by the one stable hash, it was never trained on;
        whole histories of all others it has seen, to the last film.
        """
        if question.protocol == "temporal":
            return "it was trained on ratings after the cut-off: it saw the future"
        if question.held_out == "targets":
            return "it was trained on whole histories of people asked: it saw the targets"
        fraction = float(self.model.card.get("held_out_fraction", HELD_OUT_BY_DEFAULT))
        if question.fraction > fraction:
            return f"it was trained on all but {fraction:.0%} of the people, and more are asked"
        return None

    @classmethod
    def load(cls, directory: Path, *, name: str | None = None) -> Self:
        """Load a model directory; its folder's name names it unless `name` does.

        Raises:
            ArtifactError: A file is missing or broken.
        """
        model = InferenceModel.load(directory, num_threads=os.cpu_count() or 1)
        return cls(name or directory.resolve().name, model)

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        """Score every movie for each history: (B, V) float32; an empty one gets popularity."""
        scores = np.tile(self.model.popularity.astype(np.float32), (len(histories), 1))
        scores[:, PADDING_IDX] = -np.inf
        filled = [row for row, history in enumerate(histories) if len(history)]
        if filled:
            features = self.model.token_features
            tokens = [features.make_row(histories[row], watchings, row) for row in filled]
            scores[filled] = self.model.scores(self.model.encode(tokens))
        return scores
