"""Encoding a history without each of some films, sharing what stays the same (numpy alone).

What the row of positions means is said in `occlusion_graph`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TreeRow:
    """The inputs of the occlusion graph, all int64.

    `tokens` (1, N), `place` (N,), `distances` (N, N) and `asked` (R,).
    """

    tokens: NDArray[np.int64]
    place: NDArray[np.int64]
    distances: NDArray[np.int64]
    asked: NDArray[np.int64]

    @property
    def feed(self) -> dict[str, NDArray[np.int64]]:
        """What a session takes."""
        return {
            "item_idx": self.tokens,
            "place": self.place,
            "distances": self.distances,
            "asked": self.asked,
        }


class _Tree:
    """Positions put down one chain after the other; each goes on from a prefix of the first."""

    def __init__(self, max_seq_len: int) -> None:
        self._max_seq_len = max_seq_len
        self._tokens: list[NDArray[np.integer]] = []
        # Where a chain starts in the row, and how much of the first chain it goes on from.
        self._chains: list[tuple[int, int]] = []
        self._size = 0

    def add(self, tokens: NDArray[np.integer], *, after: int = 0) -> int:
        """Add a chain after the first `after` positions of the row; return where it starts."""
        start = self._size
        self._tokens.append(tokens)
        self._chains.append((start, after))
        self._size += len(tokens)
        return start

    def lay_out(self, asked: Sequence[int]) -> TreeRow:
        place = np.empty(self._size, dtype=np.int64)
        distances = np.full((self._size, self._size), self._max_seq_len, dtype=np.int64)
        for (start, after), tokens in zip(self._chains, self._tokens, strict=True):
            mine = np.arange(len(tokens))
            place[start : start + len(tokens)] = after + mine
            rows = distances[start : start + len(tokens)]
            rows[:, :after] = after + mine[:, None] - np.arange(after)
            back = mine[:, None] - mine
            rows[:, start : start + len(tokens)] = np.where(back < 0, self._max_seq_len, back)
        tokens = np.concatenate(self._tokens).astype(np.int64)[None]
        return TreeRow(tokens, place, distances, np.array(asked, dtype=np.int64))


def lay_out_deletions(
    history: NDArray[np.integer], positions: NDArray[np.integer], *, max_seq_len: int
) -> TreeRow:
    """Lay out a history (T,) of two tokens or more without the film at each position (R,).

    Only the last `max_seq_len` are read, and positions before them are not asked for. Where there
    are no more, the history as it is comes first. Where there are, a deletion lets one more in at
    the start and moves all by a place: nothing is shared with the whole, which is left out.
    """
    first = max(0, len(history) - 1 - max_seq_len)
    tree = _Tree(max_seq_len)
    # What all begin with: the whole history, or that without its last film.
    shared = history[first:-1] if len(history) > max_seq_len else history
    tree.add(shared)
    asked = [len(shared) - 1] if len(history) <= max_seq_len else []
    for position in positions:
        tail, prefix = history[position + 1 :], int(position) - first
        start = tree.add(tail, after=prefix)
        asked.append(start + len(tail) - 1 if len(tail) else prefix - 1)
    return tree.lay_out(asked)
