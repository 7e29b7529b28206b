"""Chance that always falls the same way for one film, so that its poster never changes."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Repeatable draws from a seed (SplitMix64, Steele et al. 2014, figure 16)."""

    def __init__(self, seed: int) -> None:
        self._state = seed & 0xFFFFFFFFFFFFFFFF

    def roll(self) -> float:
        """Return a number in [0, 1)."""
        mask = 0xFFFFFFFFFFFFFFFF
        self._state = (self._state + 0x9E3779B97F4A7C15) & mask
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return (mixed ^ (mixed >> 31)) / 2**64

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.roll()

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self.roll() * len(options))]
