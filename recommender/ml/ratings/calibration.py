"""Setting the few scales of a rating head on people it was not fitted to, by their likelihood.

Films' loadings come from `ratings.factors`. What is left, some twenty numbers, decides how sure the
predictions are: how fast old ratings fade, how much a person's scatter is believed, where the stars
part, how wide an interval must be. Fitted on the people that the loadings come from they would be
too sure, so validation people decide: by gradient ascent on the log-likelihood of the stars that
they gave next, and then by counting how often intervals held.

Shapes use B questions, T ratings of a history, newest first, N targets, C coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.ml.errors import TrainingError
from recommender.ml.ratings.batches import QuestionBatch, make_batches
from recommender.ml.ratings.config import RatingConfig
from recommender.ml.ratings.factors import RatingFactors
from recommender.ml.ratings.inference import LENGTH_EDGES, LEVELS, RatingHead
from recommender.ml.ratings.leaning import (
    FIRST_AGE_POWER,
    FIRST_AGE_SCALE,
    FIRST_WATCHED_SHRINKAGE,
)
from recommender.ml.ratings.questions import RatingQuestion

MIN_ANSWERS = 200
"""With fewer answers after histories of some length, intervals there are those of all."""
FIRST_HALF_SHARE, FIRST_WHOLE_RATE = 0.25, 0.6


class Calibration(nn.Module):
    """The scales of a head as parameters, and the same prediction as `RatingHead`, in batches."""

    bias: Tensor
    loadings: Tensor
    noise: Tensor
    doubt: Tensor
    leaning: Tensor

    def __init__(self, factors: RatingFactors) -> None:
        super().__init__()
        self.mean = factors.mean
        for name in ("bias", "loadings", "noise", "doubt", "leaning"):
            self.register_buffer(name, torch.from_numpy(getattr(factors, name)))
        self.log_watched_shrinkage = nn.Parameter(torch.tensor(FIRST_WATCHED_SHRINKAGE).log())
        self.log_age_power = nn.Parameter(torch.tensor(FIRST_AGE_POWER).log())
        self.log_age_scale = nn.Parameter(torch.tensor(FIRST_AGE_SCALE).log())
        self.log_spread_weight = nn.Parameter(torch.tensor(math.log(12.0)))
        self.log_noise_scale = nn.Parameter(torch.tensor(0.0))
        self.log_generosity = nn.Parameter(torch.tensor(0.0))  # times the loading of everyone
        self.first_cuts = nn.Parameter(torch.tensor([1.5, 0.75]))  # of whole and of half stars
        self.log_whole_steps = nn.Parameter(torch.zeros(3))
        self.log_half_steps = nn.Parameter(torch.full((8,), math.log(0.5)))
        first = [FIRST_HALF_SHARE, FIRST_WHOLE_RATE]
        self.half_logits = nn.Parameter(torch.logit(torch.tensor(first)))

    def cuts(self) -> tuple[Tensor, Tensor]:
        """Return where whole stars part (4,) and half stars (9,), rising."""
        whole, half = self.first_cuts[:1], self.first_cuts[1:]
        whole = torch.cat([whole, whole + self.log_whole_steps.exp().cumsum(0)])
        half = torch.cat([half, half + self.log_half_steps.exp().cumsum(0)])
        return whole, half

    def scaled_loadings(self) -> Tensor:
        """Return the loadings (V, C) with the common first coordinate scaled."""
        scale = torch.ones(self.loadings.shape[1])
        scale = torch.cat([self.log_generosity.exp()[None], scale[1:]])
        return self.loadings * scale

    def normal(self, batch: QuestionBatch) -> tuple[Tensor, Tensor]:
        """Return centre and variance (B, N) of the latent stars."""
        loadings = self.scaled_loadings()
        known = (batch.history > 0).float()  # (B, T)
        age = torch.arange(batch.history.shape[1], dtype=torch.float32)
        weight = (1 + age / self.log_age_scale.exp()) ** -self.log_age_power.exp() * known
        x = loadings[batch.history]  # (B, T, C)
        precise = weight / self.noise[batch.history]
        watched = weight.sum(1) + self.log_watched_shrinkage.exp()  # (B,)
        leaning = (weight[..., None] * self.leaning[batch.history]).sum(1) / watched[:, None]
        left = batch.stars - self.mean - self.bias[batch.history] - (x @ leaning[..., None])[..., 0]
        weighted = x * precise[..., None]
        precision = torch.eye(x.shape[-1]) + weighted.transpose(1, 2) @ x
        pull = (weighted * left[..., None]).sum(1)  # (B, C)
        factor = torch.linalg.cholesky(precision)
        change = torch.cholesky_solve(pull[..., None], factor)[..., 0]
        misfit = (precise * left.square()).sum(1) - (pull * change).sum(1)
        prior = self.log_spread_weight.exp()
        scatter = (prior + misfit) / (prior + weight.sum(1))  # (B,)
        y = loadings[batch.targets]  # (B, N, C)
        person = leaning + change
        centre = self.mean + self.bias[batch.targets] + (y @ person[..., None])[..., 0]
        reach = torch.linalg.solve_triangular(factor, y.transpose(1, 2), upper=False)
        noise = self.log_noise_scale.exp() * self.noise[batch.targets] + self.doubt[batch.targets]
        return centre, scatter[:, None] * (noise + reach.square().sum(1))

    def forward(self, batch: QuestionBatch) -> Tensor:
        """Return the probabilities (B, N, 10) of 0.5 to 5.0 stars."""
        centre, variance = self.normal(batch)
        whole_cuts, half_cuts = self.cuts()
        whole = _cell_masses(whole_cuts, centre, variance)
        half = _cell_masses(half_cuts, centre, variance)
        share, rate = torch.sigmoid(self.half_logits)
        weight = share * rate ** (batch.history > 0).sum(1)
        share_of_halves = torch.where(batch.has_halves, 1.0, weight / (weight + 1 - share))
        share_of_halves = share_of_halves[:, None, None]
        among_whole = torch.stack([torch.zeros_like(whole), whole], dim=-1).flatten(-2)
        return share_of_halves * half + (1 - share_of_halves) * among_whole

    def log_likelihood(self, batch: QuestionBatch) -> Tensor:
        """Return the mean log-probability, in nats, of the stars that were given."""
        asked = batch.answers > 0
        place = (batch.answers * 2 - 1).long().clamp_min(0)
        probabilities: Tensor = self(batch)
        given = probabilities.gather(-1, place[..., None])[..., 0]
        return given.clamp_min(1e-6).log()[asked].mean()

    def scales(self) -> dict[str, Any]:
        """Return the fields of a head that were fitted here."""
        with torch.no_grad():
            whole_cuts, half_cuts = (cuts.numpy().copy() for cuts in self.cuts())
            share, rate = torch.sigmoid(self.half_logits).tolist()
            return {
                "watched_shrinkage": float(self.log_watched_shrinkage.exp()),
                "age_power": float(self.log_age_power.exp()),
                "age_scale": float(self.log_age_scale.exp()),
                "spread_weight": float(self.log_spread_weight.exp()),
                "noise_scale": float(self.log_noise_scale.exp()),
                "whole_cuts": whole_cuts,
                "half_cuts": half_cuts,
                "half_share": share,
                "whole_rate": rate,
            }


@dataclass(frozen=True)
class Scales:
    """Fitted scales, which go with any factors fitted alike.

    `fields` of the head, `stretch` (3, 4) of its intervals, `generosity` times the first loading;
    `log_likelihood` of the answers, in nats each.
    """

    fields: dict[str, Any]
    generosity: float
    stretch: NDArray[np.float32]
    log_likelihood: float

    def head(
        self, factors: RatingFactors, movie_ids: NDArray[np.int64], record: dict[str, Any]
    ) -> RatingHead:
        """Return what serving needs, rounded as it is kept."""
        loadings = factors.loadings.copy()
        loadings[:, 0] *= self.generosity
        return RatingHead(
            movie_ids=movie_ids,
            mean=factors.mean,
            bias=_as_kept(factors.bias),
            loadings=_as_kept(loadings),
            noise=_as_kept(factors.noise),
            doubt=_as_kept(factors.doubt),
            leaning=_as_kept(factors.leaning),
            stretch=self.stretch,
            record=record,
            **self.fields,
        )


def _as_kept(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round as the file does, so that the head in hand is the one that is kept."""
    return table.astype(np.float16).astype(np.float32)


def _cell_masses(cuts: Tensor, centre: Tensor, variance: Tensor) -> Tensor:
    """Return (B, N, S) the normal's mass between cuts (S - 1,)."""
    deviation = variance.sqrt()[..., None]
    below = torch.special.ndtr((cuts - centre[..., None]) / deviation)
    ends = torch.zeros_like(below[..., :1])
    return torch.cat([below, ends + 1], -1) - torch.cat([ends, below], -1)


def calibrate(
    factors: RatingFactors, questions: Sequence[RatingQuestion], config: RatingConfig
) -> Scales:
    """Fit the scales to the answers of people that `factors` were not fitted to.

    Raises:
        TrainingError: There are no questions, or the likelihood is no number.
    """
    batches = list(make_batches(questions))
    if not batches:
        raise TrainingError("nobody to calibrate predicted stars on; raise validation_fraction")
    calibration = Calibration(factors)
    likelihood = _maximise(calibration, batches, config)
    plain = np.ones((len(LEVELS), len(LENGTH_EDGES) + 1), dtype=np.float32)
    generosity = float(calibration.log_generosity.detach().exp())
    scales = Scales(calibration.scales(), generosity, plain, likelihood)
    numbers = np.arange(len(factors.bias), dtype=np.int64)
    stretch = fit_stretch(*standardised_errors(scales.head(factors, numbers, {}), questions))
    return replace(scales, stretch=stretch)


def _maximise(
    calibration: Calibration, batches: Sequence[QuestionBatch], config: RatingConfig
) -> float:
    """Climb to the greatest log-likelihood of all batches together; return the last one seen."""
    optimiser = torch.optim.Adam(calibration.parameters(), lr=config.calibration_rate)
    counts = [int((batch.answers > 0).sum()) for batch in batches]
    likelihood = float("nan")
    for step in range(config.calibration_steps):
        for group in optimiser.param_groups:
            done = step / config.calibration_steps
            group["lr"] = config.calibration_rate * (1 + math.cos(math.pi * done)) / 2
        optimiser.zero_grad()
        likelihood = 0.0
        for batch, count in zip(batches, counts, strict=True):
            part = calibration.log_likelihood(batch) * (count / sum(counts))
            torch.autograd.backward(-part)
            likelihood += float(part.detach())
        if not math.isfinite(likelihood):
            raise TrainingError(f"calibrating stars failed: log-likelihood {likelihood}")
        optimiser.step()
    return likelihood


def standardised_errors(
    head: RatingHead, questions: Sequence[RatingQuestion]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return |given - expected| / deviation of every answer (R,), and after how many ratings."""
    errors, lengths = [], []
    for question in questions:
        forecast = head.predict(question.history, question.stars, question.targets)
        errors.append(np.abs(question.answers - forecast.expected) / forecast.deviation)
        lengths.append(np.full(len(question.targets), len(question.history)))
    return np.concatenate(errors).astype(np.float64), np.concatenate(lengths).astype(np.int64)


def fit_stretch(errors: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return (3, 4) within how many deviations each of LEVELS of the `errors` (R,) lies.

    One column for each range of history `lengths` (R,). Split conformal prediction with a
    normalised score (Lei et al. 2018, section 5.2), by group (Vovk 2012).
    """
    group = np.searchsorted(LENGTH_EDGES, lengths, side="right")
    columns = []
    for number in range(len(LENGTH_EDGES) + 1):
        inside = errors[group == number]
        inside = inside if len(inside) >= MIN_ANSWERS else errors
        columns.append(np.quantile(inside, LEVELS, method="higher"))
    return np.stack(columns, axis=1).astype(np.float32)
