"""Who is held out, and which of a person's movies are to be predicted."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Interactions
from recommender.ml.errors import UsageError
from recommender.ml.same_people import label_people, longest_copies

logger = logging.getLogger(__name__)

SPLIT_HASH_DIGITS = 12
VALIDATION_SALT = "validation/"


class SplitError(UsageError):
    """A split cannot be made from these interactions; the message says why."""


@dataclass(frozen=True)
class EvaluationSplit:
    """What is asked of a recommender: from each history, which movies come next.

    All lists are (U,). `histories` and `targets` hold movie ids (int64, not item_idx: each model
    numbers movies itself), histories oldest first with `timestamps` (unix seconds) and `stars`
    (float32, 0.5..5) beside them.
    `true_times` (U,) bool is false where a person's timestamps tell order alone.
    """

    protocol: str
    person_keys: list[tuple[str, int]]
    histories: list[NDArray[np.int64]]
    timestamps: list[NDArray[np.int64]]
    stars: list[NDArray[np.float32]]
    targets: list[NDArray[np.int64]]
    true_times: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return U, the number of people asked about."""
        return len(self.person_keys)

    @property
    def split_hash(self) -> str:
        """Return the first 12 hex digits of SHA-256 over people, histories and targets."""
        digest = hashlib.sha256(self.protocol.encode())
        for key, history, targets in zip(
            self.person_keys, self.histories, self.targets, strict=True
        ):
            digest.update(f"\n{key[0]}:{key[1]}:{len(history)}:{len(targets)}:".encode())
            digest.update(history.astype("<i8").tobytes())
            digest.update(targets.astype("<i8").tobytes())
        return digest.hexdigest()[:SPLIT_HASH_DIGITS]

    def by_data_set(self) -> Iterator[tuple[str, EvaluationSplit]]:
        """Yield the name of each data set, in order, and the part of the split of its people."""
        for name in dict.fromkeys(key[0] for key in self.person_keys):
            yield name, self.select([key[0] == name for key in self.person_keys])

    def select(self, mask: list[bool] | NDArray[np.bool_]) -> EvaluationSplit:
        """Return the people where `mask` (U,) is true."""
        kept = np.flatnonzero(mask)
        return replace(
            self,
            person_keys=[self.person_keys[u] for u in kept],
            histories=[self.histories[u] for u in kept],
            timestamps=[self.timestamps[u] for u in kept],
            stars=[self.stars[u] for u in kept],
            targets=[self.targets[u] for u in kept],
            true_times=self.true_times[kept],
        )

    def with_shuffled_histories(self, *, seed: int = 0) -> EvaluationSplit:
        """Return the same question with each history's movies in random order: a control."""
        rng = np.random.default_rng(seed)
        orders = [rng.permutation(len(history)) for history in self.histories]
        return replace(
            self,
            protocol=f"{self.protocol}, shuffled histories",
            histories=[h[order] for h, order in zip(self.histories, orders, strict=True)],
            stars=[s[order] for s, order in zip(self.stars, orders, strict=True)],
        )


def unit_hash(key: tuple[str, int], *, salt: str = "") -> float:
    """Map a person (data set, id there) to 0 <= x < 1 by SHA-256, on every machine alike."""
    digest = hashlib.sha256(f"{salt}{key[0]}:{key[1]}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def hold_out_people(
    interactions: Interactions, *, fraction: float = 0.1, salt: str = ""
) -> tuple[Interactions, Interactions]:
    """Split off a stable `fraction` of the people, never to be trained on.

    A person found in several data sets is trained on once (the longest history), and not at all
    if any copy is held out. `salt` draws another fraction.

    Returns:
        (train, held_out).
    """
    hashes = np.array([unit_hash(key, salt=salt) for key in interactions.person_keys])
    held_out = hashes < fraction
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


def hold_out_validation_people(
    train: Interactions, *, fraction: float = 0.05
) -> tuple[Interactions, Interactions]:
    """Split people to tune on off the people to train on: (fit, validation)."""
    return hold_out_people(train, fraction=fraction, salt=VALIDATION_SALT)


def keep_one_copy(interactions: Interactions) -> Interactions:
    """Drop all but the longest history of a person found in several data sets."""
    return interactions.select_people(longest_copies(interactions, label_people(interactions)))


def last_n(
    interactions: Interactions, *, n: int = 5, protocol: str | None = None
) -> EvaluationSplit:
    """Ask for each person's last `n` movies, given all before; people with n or fewer are left out.

    Raises:
        SplitError: Nobody has enough ratings.
    """
    stops = interactions.offsets[1:]
    starts = interactions.offsets[:-1]
    people = np.flatnonzero(stops - starts > n)
    if len(people) == 0:
        msg = f"nobody has more than {n} ratings; load a larger data set"
        raise SplitError(msg)
    name = protocol or f"last-{n}"
    return ask_rows(interactions, name, people, stops[people] - n, stops[people])


def leave_one_out(interactions: Interactions) -> EvaluationSplit:
    """Ask for each person's last movie, given all before.

    Raises:
        SplitError: Nobody has two ratings.
    """
    return last_n(interactions, n=1, protocol="leave-one-out")


def without_last(interactions: Interactions, *, n: int) -> Interactions:
    """Drop each person's last `n` ratings: what may be trained on when these are the targets."""
    place_from_end = interactions.offsets[1:][interactions.person] - np.arange(len(interactions))
    return interactions.select_rows(place_from_end > n)


def temporal_cutoff(
    interactions: Interactions, *, quantile: float = 0.9
) -> tuple[Interactions, EvaluationSplit, int]:
    """Cut all ratings at one moment: train before it, ask for what people rated last after it.

    The target is the last rating of everyone active at or after the cut-off; the history is all
    before it, also what lies between cut-off and request (models are frozen, histories grow).
    Only people with true times take part.

    Returns:
        (train, split, cut-off in unix seconds); `quantile` of all ratings lie before the cut-off.

    Raises:
        SplitError: No set has true times, or nobody is active after the cut-off.
    """
    timed = interactions.select_people(interactions.has_true_times)
    if len(timed) == 0:
        msg = "a temporal split needs true times; these data sets keep order alone"
        raise SplitError(msg)
    cutoff = int(np.quantile(timed.timestamp, quantile, method="higher"))
    lasts = timed.offsets[1:] - 1
    people = np.flatnonzero((timed.timestamp[lasts] >= cutoff) & (np.diff(timed.offsets) > 1))
    train_rows = timed.timestamp < cutoff
    if len(people) == 0 or not train_rows.any():
        msg = f"nothing lies on one side of the cut-off {cutoff}; choose another quantile"
        raise SplitError(msg)
    split = ask_rows(timed, "temporal", people, lasts[people], lasts[people] + 1)
    return timed.select_rows(train_rows), split, cutoff


def ask_rows(
    interactions: Interactions,
    protocol: str,
    people: NDArray[np.integer],
    firsts: NDArray[np.integer],
    stops: NDArray[np.integer],
) -> EvaluationSplit:
    """Ask of `people` the rows firsts:stops, given their rows before; all (U,).

    Somebody may be asked several times.
    """
    starts = interactions.offsets[people]
    movie_ids = interactions.movie_id.astype(np.int64)
    befores = [slice(*ends) for ends in zip(starts, firsts, strict=True)]
    return EvaluationSplit(
        protocol=protocol,
        person_keys=[interactions.person_keys[p] for p in people],
        histories=[movie_ids[before] for before in befores],
        timestamps=[interactions.timestamp[before] for before in befores],
        stars=[interactions.rating[before] for before in befores],
        targets=[movie_ids[slice(*ends)] for ends in zip(firsts, stops, strict=True)],
        true_times=interactions.has_true_times[people],
    )
