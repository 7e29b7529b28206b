"""From people's histories to batches of windows, with next to no compute spent on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ml.tokens import items_of

POOL_BATCHES = 64
"""Windows are sorted by length within pools of about this many batches, not over the epoch."""


@dataclass(frozen=True)
class Batch:
    """Windows of like length: `inputs` tokens, `targets` item_idx, (B, T) int64, 0 on the right.

    `targets[b, t]` is the item that follows `inputs[b, t]`, 0 where there is nothing to predict.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]


def pad_right(
    sequences: Sequence[NDArray[np.integer]], length: int | None = None
) -> NDArray[np.int64]:
    """Stack sequences into (B, T) int64, padded with 0 on the right to the longest or `length`."""
    width = length or max(len(sequence) for sequence in sequences)
    padded = np.zeros((len(sequences), width), dtype=np.int64)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded


def cut_windows(
    histories: Sequence[NDArray[np.int64]], max_seq_len: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Cut histories into windows of 2..max_seq_len+1 items so that each item is predicted once.

    Where the first window ends is random, so that across epochs any film may open a window: what
    a network sees at its early positions are then pieces of any part of a history, as are the
    short histories of a site's new members, not only the films a rating site showed first.
    """
    windows = []
    for history in histories:
        first = int(rng.integers(1, max_seq_len + 1)) if len(history) > 2 else max_seq_len
        stops = [*range(first, len(history) - 1, max_seq_len), len(history) - 1]
        start = 0
        for stop in stops:
            if stop > start:  # neighbours share one item: a target there, an input here
                windows.append(history[start : stop + 1])
                start = stop
    return windows


def training_batches(
    histories: Sequence[NDArray[np.int64]],
    *,
    extra_windows: Sequence[NDArray[np.int64]] = (),
    max_seq_len: int,
    tokens_per_batch: int,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """Yield one epoch of batches in random order, each of windows of nearly the same length.

    A batch holds at most `tokens_per_batch` positions, padding included. `extra_windows` of up to
    max_seq_len + 1 items join those that are cut from the histories.
    """
    windows = [*cut_windows(histories, max_seq_len, rng), *extra_windows]
    order = rng.permutation(len(windows))
    batches: list[list[int]] = []
    pool_tokens = POOL_BATCHES * tokens_per_batch
    lengths = np.array([len(window) - 1 for window in windows])
    pool_of = np.cumsum(lengths[order]) // pool_tokens
    for pool in np.split(order, np.flatnonzero(np.diff(pool_of)) + 1):
        batches.extend(_group_by_length(pool, lengths, tokens_per_batch))
    for place in rng.permutation(len(batches)):
        chosen = [windows[i] for i in batches[place]]
        yield Batch(
            inputs=pad_right([window[:-1] for window in chosen]),
            targets=pad_right([items_of(window[1:]) for window in chosen]),
        )


def padding_share(batches: Sequence[Batch]) -> float:
    """Return how much of the positions of all batches, 0..1, stands for no film."""
    films = sum(int((batch.targets > 0).sum()) for batch in batches)
    return 1.0 - films / max(1, sum(batch.targets.size for batch in batches))


def _group_by_length(
    pool: NDArray[np.intp], lengths: NDArray[np.intp], tokens_per_batch: int
) -> Iterator[list[int]]:
    """Yield groups of window numbers, longest first, within the budget of positions."""
    by_length = pool[np.argsort(-lengths[pool], kind="stable")].tolist()
    while by_length:
        size = max(1, tokens_per_batch // int(lengths[by_length[0]]))
        yield by_length[:size]
        del by_length[:size]
