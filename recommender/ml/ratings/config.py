"""The `[rating]` table of a config: how the stars that people give are learnt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RatingConfig:
    """How many factors, how strongly rare films are drawn to the mean, how long to fit.

    Shrinkages are pseudo-ratings: a film with as many ratings keeps about half of what they say.
    `calibration_share` of the people to fit are left out of a first fit, to set scales on them and
    on the validation people. With `enabled` false a training leaves no `rating.npz`.
    """

    enabled: bool = True
    num_factors: int = 12
    rounds: int = 12
    bias_shrinkage: float = 4.0
    factor_shrinkage: float = 60.0
    noise_shrinkage: float = 20.0
    leaning_shrinkage: float = 3.0
    calibration_share: float = 0.2
    calibration_cuts: int = 2
    calibration_steps: int = 60
    calibration_rate: float = 0.04
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted."""
        if min(self.num_factors, self.rounds, self.calibration_cuts, self.calibration_steps) < 1:
            raise ValueError("num_factors, rounds and calibration options must be at least 1")
        shrinkages = self.bias_shrinkage, self.factor_shrinkage, self.noise_shrinkage
        if min(*shrinkages, self.leaning_shrinkage) <= 0:
            raise ValueError("shrinkages must be above 0")
        if not 0 <= self.calibration_share < 1:
            raise ValueError("calibration_share must be at least 0 and below 1")
