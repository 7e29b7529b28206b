"""How right predicted stars are, beside simpler predictors, on people never trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.ratings.forecast import LIKED, STARS, normal_cdf
from recommender.ml.ratings.inference import LEVELS, RatingHead
from recommender.ml.ratings.questions import RatingQuestion

Column = NDArray[np.float64]
HALF_CUTS = np.arange(0.75, 5, 0.5)
WHOLE_CUTS = np.arange(1.5, 5, 1.0)
LEAST_LIKELIHOOD = 1e-6
BOOTSTRAP_SAMPLES = 2000


@dataclass(frozen=True)
class StarPredictor:
    """A predictor without ranges: `expect` maps a question to expected stars (N,)."""

    name: str
    expect: Callable[[RatingQuestion], NDArray[np.floating]]


@dataclass(frozen=True)
class Answers:
    """Every answer to a list of questions, one row each (R,).

    `person` who gave it; `stars` what was given; `expected` what was predicted; `log_likelihood` in
    nats; `inside` maps a level to whether the interval held; `liking` is the predicted probability
    of four stars or more. The last two are None where a predictor has none.
    """

    person: NDArray[np.int64]
    stars: Column
    expected: Column
    log_likelihood: Column
    inside: dict[float, NDArray[np.bool_]] | None = None
    width: Column | None = None
    liking: Column | None = None

    @property
    def squared_error(self) -> Column:
        """Return squared errors (R,)."""
        return np.square(self.expected - self.stars)

    @property
    def absolute_error(self) -> Column:
        """Return absolute errors (R,)."""
        return np.abs(self.expected - self.stars)


def answer_with_head(head: RatingHead, questions: Sequence[RatingQuestion]) -> Answers:
    """Ask the rating head; its indices must be those of the questions."""
    parts: dict[str, list[NDArray[Any]]] = {"expected": [], "likelihood": [], "liking": []}
    inside: dict[float, list[NDArray[np.bool_]]] = {level: [] for level in LEVELS}
    widths = []
    for question in questions:
        forecast = head.predict(question.history, question.stars, question.targets)
        place = np.round(question.answers * 2 - 1).astype(np.int64)
        given = forecast.probabilities[np.arange(len(place)), place]
        parts["expected"].append(forecast.expected)
        parts["likelihood"].append(np.log(np.maximum(given, LEAST_LIKELIHOOD)))
        parts["liking"].append(forecast.probability_of_liking)
        for level in LEVELS:
            low, high = forecast.interval(level)
            inside[level].append((question.answers >= low) & (question.answers <= high))
        low, high = forecast.interval(0.8)
        widths.append(high - low)
    return Answers(
        person=_people(questions),
        stars=_given(questions),
        expected=np.concatenate(parts["expected"]).astype(np.float64),
        log_likelihood=np.concatenate(parts["likelihood"]).astype(np.float64),
        inside={level: np.concatenate(held) for level, held in inside.items()},
        width=np.concatenate(widths).astype(np.float64),
        liking=np.concatenate(parts["liking"]).astype(np.float64),
    )


def answer_with(
    predictor: StarPredictor,
    questions: Sequence[RatingQuestion],
    deviation: float,
    share_of_halves: Column,
) -> Answers:
    """Ask a predictor without ranges: its likelihood is that of one `deviation` for everybody."""
    expected = np.concatenate([predictor.expect(question) for question in questions])
    expected = np.clip(expected.astype(np.float64), 0.5, 5.0)
    stars = _given(questions)
    likelihood = binned_likelihood(expected, stars, deviation, share_of_halves)
    return Answers(_people(questions), stars, expected, likelihood)


def shares_of_halves(head: RatingHead, questions: Sequence[RatingQuestion]) -> Column:
    """Return for each answer (R,) how likely the person is to give half stars."""
    shares = [head.share_of_halves(question.stars) for question in questions]
    return np.repeat(shares, [len(question.targets) for question in questions])


def binned_likelihood(
    expected: Column, stars: Column, deviation: float, share_of_halves: Column
) -> Column:
    """Return log P (R,) of the stars given under a normal cut midway between stars.

    Half stars have `share_of_halves` (R,) of it, whole ones the rest: what is known of a person's
    scale helps every predictor alike.
    """
    place = np.round(stars * 2 - 1).astype(np.int64)
    rows = np.arange(len(place))
    half = _cell_masses(HALF_CUTS, expected, deviation)[rows, place]
    whole = _cell_masses(WHOLE_CUTS, expected, deviation)[rows, place // 2]
    whole = np.where(place % 2 == 1, whole, 0.0)
    likelihood: Column = np.log(
        np.maximum(share_of_halves * half + (1 - share_of_halves) * whole, LEAST_LIKELIHOOD)
    )
    return likelihood


def _cell_masses(cuts: Column, expected: Column, deviation: float) -> Column:
    below = normal_cdf((cuts - expected[:, None]) / deviation)
    ends = np.zeros((len(below), 1))
    return np.diff(below, axis=1, prepend=ends, append=ends + 1)


def residual_deviation(predictor: StarPredictor, questions: Sequence[RatingQuestion]) -> float:
    """Return the standard deviation of a predictor's errors, for its likelihood elsewhere."""
    expected = np.concatenate([predictor.expect(question) for question in questions])
    return float(np.sqrt(np.square(np.clip(expected, 0.5, 5.0) - _given(questions)).mean()))


def describe(answers: Answers) -> dict[str, Any]:
    """Return the figures of one table row, ready for JSON."""
    row: dict[str, Any] = {
        "people": len(np.unique(answers.person)),
        "ratings": len(answers.stars),
        "rmse": float(np.sqrt(answers.squared_error.mean())),
        "mae": float(answers.absolute_error.mean()),
        "log_likelihood": float(answers.log_likelihood.mean()),
    }
    if answers.inside is not None and answers.width is not None and answers.liking is not None:
        liked = answers.stars >= STARS[LIKED][0]
        row["coverage"] = {f"{level:.0%}": float(i.mean()) for level, i in answers.inside.items()}
        row["coverage_interval"] = {
            f"{level:.0%}": bootstrap(answers.person, held.astype(np.float64))
            for level, held in answers.inside.items()
        }
        row["mean_width_80"] = float(answers.width.mean())
        row["brier_liking"] = float(np.square(answers.liking - liked).mean())
        row["brier_liking_constant"] = float(np.square(liked.mean() - liked).mean())
        row["liking"] = reliability(answers.liking, liked)
    return row


def reliability(predicted: Column, happened: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Return, by fifths of the scale from 0 to 1, how often was predicted and how often it was."""
    rows = []
    for low in np.arange(5) / 5:
        chosen = (predicted >= low) & ((predicted < low + 0.2) | (low > 0.7))
        if chosen.any():
            rows.append(
                {
                    "ratings": int(chosen.sum()),
                    "predicted": float(predicted[chosen].mean()),
                    "happened": float(happened[chosen].mean()),
                }
            )
    return rows


def compare(ours: Answers, other: Answers) -> dict[str, list[float]]:
    """Return (difference, low, high) of RMSE, MAE and log-likelihood: ours less the other's.

    95 % bootstrap intervals over people, the same people drawn for both.
    """
    counts = _draws(ours.person)
    people = _index(ours.person)
    size = counts.shape[1]

    def resampled(values: Column) -> Column:
        sums = np.bincount(people, values, size)
        result: Column = (counts @ sums) / (counts @ np.bincount(people, minlength=size))
        return result

    found = {
        "rmse": (
            np.sqrt(ours.squared_error.mean()) - np.sqrt(other.squared_error.mean()),
            np.sqrt(resampled(ours.squared_error)) - np.sqrt(resampled(other.squared_error)),
        ),
    }
    for name in ("absolute_error", "log_likelihood"):
        mine, others = getattr(ours, name), getattr(other, name)
        key = "mae" if name == "absolute_error" else name
        found[key] = (mine.mean() - others.mean(), resampled(mine - others))
    return {
        name: [float(value), *(float(end) for end in np.quantile(draws, [0.025, 0.975]))]
        for name, (value, draws) in found.items()
    }


def bootstrap(person: NDArray[np.int64], values: Column) -> list[float]:
    """Return the ends of the 95 % interval of a mean over answers, drawing people."""
    counts, people = _draws(person), _index(person)
    size = counts.shape[1]
    means = (counts @ np.bincount(people, values, size)) / (
        counts @ np.bincount(people, minlength=size)
    )
    return [float(end) for end in np.quantile(means, [0.025, 0.975])]


def _draws(person: NDArray[np.int64]) -> Column:
    """Return (samples, people) how often each was drawn."""
    size = len(np.unique(person))
    rng = np.random.default_rng(0)
    counts: Column = rng.multinomial(size, np.full(size, 1 / size), BOOTSTRAP_SAMPLES).astype(float)
    return counts


def _index(person: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(person, return_inverse=True)[1].astype(np.int64)


def _people(questions: Sequence[RatingQuestion]) -> NDArray[np.int64]:
    return np.concatenate([np.full(len(q.targets), q.person) for q in questions]).astype(np.int64)


def _given(questions: Sequence[RatingQuestion]) -> Column:
    return np.concatenate([question.answers for question in questions]).astype(np.float64)
