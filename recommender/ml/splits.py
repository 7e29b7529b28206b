"""Who is held out, and which of a person's movies are to be predicted."""

from __future__ import annotations

import hashlib
import logging

import numpy as np

from recommender.ml.datasets import Interactions
from recommender.ml.same_people import label_people, longest_copies

logger = logging.getLogger(__name__)


def person_quantile(key: tuple[str, int], *, salt: str = "") -> float:
    """Map (data set, id there) to [0, 1) by SHA-256, the same on every machine and run."""
    digest = hashlib.sha256(f"{salt}{key[0]}:{key[1]}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def hold_out_people(
    interactions: Interactions, *, fraction: float = 0.1, salt: str = ""
) -> tuple[Interactions, Interactions]:
    """Split off a stable `fraction` of the people, never to be trained on.

    A person found in several data sets is trained on once (the longest history), and not at all
    if any copy is held out. `salt` draws another fraction, for example for validation.

    Returns:
        (train, held_out).
    """
    quantiles = np.array([person_quantile(key, salt=salt) for key in interactions.person_keys])
    held_out = quantiles < fraction
    labels = label_people(interactions)
    is_held_out_human = np.isin(labels, labels[held_out])
    train = ~is_held_out_human & longest_copies(interactions, labels)
    logger.info(
        "%d people: %d to train on, %d held out, %d left out of training as copies of held-out "
        "people, %d as copies of people trained on",
        len(labels),
        train.sum(),
        held_out.sum(),
        (is_held_out_human & ~held_out).sum(),
        (~is_held_out_human & ~train).sum(),
    )
    return interactions.select_people(train), interactions.select_people(held_out)
