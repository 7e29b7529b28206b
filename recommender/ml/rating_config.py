"""The `[rating]` table of a config: how the stars that people give are learnt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RatingConfig:
    """How many factors, how strongly rare films are drawn to the mean, how long to fit.

    Shrinkages are pseudo-ratings: a film with as many ratings keeps about half of what they say.
    With `enabled` false a training leaves no `rating.npz`.
    """

    enabled: bool = True
    num_factors: int = 12
    rounds: int = 12
    bias_shrinkage: float = 4.0
    factor_shrinkage: float = 60.0
    noise_shrinkage: float = 20.0
    calibration_cuts: int = 6
    calibration_steps: int = 80
    calibration_rate: float = 0.03
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted."""
        if min(self.num_factors, self.rounds, self.calibration_cuts, self.calibration_steps) < 1:
            raise ValueError("num_factors, rounds and calibration options must be at least 1")
        if min(self.bias_shrinkage, self.factor_shrinkage, self.noise_shrinkage) <= 0:
            raise ValueError("shrinkages must be above 0")
