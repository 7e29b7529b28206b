"""Setting the few scales of a rating head on people it was not fitted to, by their likelihood.

Films' loadings come from `rating_factors`. What is left, some twenty numbers, decides how sure the
predictions are: how fast old ratings fade, how much a person's scatter is believed, where the stars
part, how wide an interval must be. Fitted on the people that the loadings come from they would be
too sure, so validation people decide: by gradient ascent on the log-likelihood of the stars that
they gave next, and then by counting how often intervals held.

Shapes use B questions, T ratings of a history, newest first, N targets, C coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.ml.errors import TrainingError
from recommender.ml.rating_config import RatingConfig
from recommender.ml.rating_factors import RatingFactors
from recommender.ml.rating_inference import LENGTH_EDGES, LEVELS, MAX_HISTORY, RatingHead
from recommender.ml.rating_questions import RatingQuestion

BATCH = 256
MIN_ANSWERS = 200
"""With fewer answers after histories of some length, intervals there are those of all."""
FIRST_HALF_SHARE, FIRST_WHOLE_RATE = 0.25, 0.6


@dataclass(frozen=True)
class QuestionBatch:
    """Questions of like length as tensors, padded with 0: see the shapes above.

    `history`, `stars` (B, T) newest first; `targets`, `answers` (B, N), answers 0 where there is
    none; `has_halves` (B,) whether a half star is among the stars.
    """

    history: Tensor
    stars: Tensor
    targets: Tensor
    answers: Tensor
    has_halves: Tensor

    @classmethod
    def build(cls, questions: Sequence[RatingQuestion]) -> QuestionBatch:
        """Pad and stack."""
        newest = [question.history[::-1][:MAX_HISTORY] for question in questions]
        stars = [question.stars[::-1][:MAX_HISTORY] for question in questions]
        has_halves = np.array([bool(np.any(given % 1 != 0)) for given in stars])
        return cls(
            history=_pad(newest, np.int64),
            stars=_pad(stars, np.float32),
            targets=_pad([question.targets for question in questions], np.int64),
            answers=_pad([question.answers for question in questions], np.float32),
            has_halves=torch.from_numpy(has_halves),
        )


def make_batches(questions: Sequence[RatingQuestion]) -> Iterator[QuestionBatch]:
    """Yield questions in batches, short histories first."""
    order = np.argsort([len(question.history) for question in questions], kind="stable")
    for start in range(0, len(order), BATCH):
        yield QuestionBatch.build([questions[i] for i in order[start : start + BATCH]])


def _pad(rows: Sequence[NDArray[Any]], dtype: type[np.generic]) -> Tensor:
    table = np.zeros((len(rows), max(1, *(len(row) for row in rows))), dtype=dtype)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return torch.from_numpy(table)


class Calibration(nn.Module):
    """The scales of a head as parameters, and the same prediction as `RatingHead`, in batches."""

    bias: Tensor
    loadings: Tensor
    noise: Tensor
    doubt: Tensor

    def __init__(self, factors: RatingFactors) -> None:
        super().__init__()
        self.mean = factors.mean
        for name in ("bias", "loadings", "noise", "doubt"):
            # Rounded as they are kept, so that what is calibrated is what is served.
            rounded = getattr(factors, name).astype(np.float16).astype(np.float32)
            self.register_buffer(name, torch.from_numpy(rounded))
        self.log_age_power = nn.Parameter(torch.tensor(math.log(0.3)))
        self.log_age_scale = nn.Parameter(torch.tensor(math.log(20.0)))
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
        left = batch.stars - self.mean - self.bias[batch.history]
        weighted = x * precise[..., None]
        precision = torch.eye(x.shape[-1]) + weighted.transpose(1, 2) @ x
        pull = (weighted * left[..., None]).sum(1)  # (B, C)
        factor = torch.linalg.cholesky(precision)
        person = torch.cholesky_solve(pull[..., None], factor)[..., 0]
        misfit = (precise * left.square()).sum(1) - (pull * person).sum(1)
        prior = self.log_spread_weight.exp()
        scatter = (prior + misfit) / (prior + weight.sum(1))  # (B,)
        y = loadings[batch.targets]  # (B, N, C)
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

    def head(
        self, movie_ids: NDArray[np.int64], stretch: NDArray[np.float32], record: dict[str, Any]
    ) -> RatingHead:
        """Return what serving needs."""
        with torch.no_grad():
            whole_cuts, half_cuts = (cuts.numpy().copy() for cuts in self.cuts())
            share, rate = torch.sigmoid(self.half_logits).tolist()
            loadings = self.scaled_loadings().numpy()
            return RatingHead(
                movie_ids=movie_ids,
                mean=self.mean,
                bias=self.bias.numpy(),
                # Rounded here and not first at saving: the head kept is the head in hand.
                loadings=loadings.astype(np.float16).astype(np.float32),
                noise=self.noise.numpy(),
                doubt=self.doubt.numpy(),
                age_power=float(self.log_age_power.exp()),
                age_scale=float(self.log_age_scale.exp()),
                spread_weight=float(self.log_spread_weight.exp()),
                noise_scale=float(self.log_noise_scale.exp()),
                whole_cuts=whole_cuts,
                half_cuts=half_cuts,
                half_share=share,
                whole_rate=rate,
                stretch=stretch,
                record=record,
            )


def _cell_masses(cuts: Tensor, centre: Tensor, variance: Tensor) -> Tensor:
    """Return (B, N, S) the normal's mass between cuts (S - 1,)."""
    deviation = variance.sqrt()[..., None]
    below = torch.special.ndtr((cuts - centre[..., None]) / deviation)
    ends = torch.zeros_like(below[..., :1])
    return torch.cat([below, ends + 1], -1) - torch.cat([ends, below], -1)


def calibrate(
    factors: RatingFactors,
    questions: Sequence[RatingQuestion],
    movie_ids: NDArray[np.int64],
    config: RatingConfig,
) -> RatingHead:
    """Fit the scales to the answers of people that `factors` were not fitted to.

    Raises:
        TrainingError: There are no questions, or the likelihood is no number.
    """
    batches = list(make_batches(questions))
    if not batches:
        raise TrainingError("nobody to calibrate predicted stars on; raise validation_fraction")
    calibration = Calibration(factors)
    likelihood = _maximise(calibration, batches, config)
    answers = sum(int((batch.answers > 0).sum()) for batch in batches)
    record = {"calibrated_on": answers, "log_likelihood": likelihood}
    plain = np.ones((len(LEVELS), len(LENGTH_EDGES) + 1), dtype=np.float32)
    unstretched = calibration.head(movie_ids, plain, record)
    stretch = fit_stretch(*standardised_errors(unstretched, questions))
    return calibration.head(movie_ids, stretch, record)


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
