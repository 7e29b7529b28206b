"""Histories of real people that a model was not trained on, as it reads them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import load_interactions
from recommender.ml.errors import UsageError
from recommender.ml.inference import InferenceModel
from recommender.ml.splits import hold_out_people


def read_held_out_sequences(
    model: InferenceModel, directories: Sequence[Path], *, people: int, min_length: int = 5
) -> list[NDArray[np.int64]]:
    """Return sequences of tokens, oldest first, of up to so many held-out people.

    Raises:
        UsageError: nobody held out has `min_length` films that the model knows.
    """
    _, held_out = hold_out_people(load_interactions(directories))
    bounds, times = held_out.offsets, held_out.true_timestamps
    found = []
    for start, stop in pairwise(bounds):
        idx = model.index_of(held_out.movie_id[start:stop])
        tokens = model.token_features.make_tokens(
            idx, stars=held_out.rating[start:stop], timestamps=times[start:stop]
        )
        known = tokens[tokens > 0]
        if len(known) >= min_length:
            found.append(known)
    if not found:
        raise UsageError(f"nobody held out has {min_length} films that the model knows")
    step = max(1, len(found) // people)
    return found[::step][:people]
