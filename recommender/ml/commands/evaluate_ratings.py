"""`evaluate-ratings MODEL_DIR --data DIR…`: how right a model's predicted stars are."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.commands.train import split_people
from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions, Vocabulary, load_interactions
from recommender.ml.errors import UsageError
from recommender.ml.lab.report import write_json
from recommender.ml.ratings.baselines import global_mean, item_mean, tune_bias_predictor
from recommender.ml.ratings.evaluation import (
    StarPredictor,
    answer_with,
    answer_with_head,
    binned_likelihood,
    compare,
    describe,
    residual_deviation,
    shares_of_halves,
)
from recommender.ml.ratings.factors import RatingMatrix
from recommender.ml.ratings.inference import RATING_FILE, RatingHead
from recommender.ml.ratings.questions import RatingQuestion, ask_along, ask_last
from recommender.ml.ratings.report import write_rating_markdown

SEGMENTS = {"0-4": (0, 4), "5-19": (5, 19), "20-99": (20, 99), "100-500": (100, 500)}
WHOLE_SEGMENTS = {"0-4": (0, 5), "5-19": (5, 20), "20-99": (20, 100), "100 or more": (100, 10**9)}
OURS = "rating head"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")


@dataclass(frozen=True)
class RatingBench:
    """The head, simpler predictors with the deviation of their errors, and our own deviation."""

    head: RatingHead
    simple: list[tuple[StarPredictor, float]]
    head_deviation: float

    @classmethod
    def build(cls, head: RatingHead, train: Interactions, validation: Interactions) -> RatingBench:
        """Fit the simple predictors to `train`; tune and measure deviations on `validation`."""
        vocabulary = Vocabulary(head.movie_ids)
        ratings = RatingMatrix.build(train, vocabulary)
        questions = ask_along(validation, vocabulary, cuts=4, seed=1)
        questions += ask_last(validation, vocabulary)
        simple = [global_mean(ratings), item_mean(ratings), tune_bias_predictor(ratings, questions)]
        mine = answer_with_head(head, questions)
        return cls(
            head,
            [(each, residual_deviation(each, questions)) for each in simple],
            float(np.sqrt(mine.squared_error.mean())),
        )

    def measure(self, questions: list[RatingQuestion]) -> dict[str, Any]:
        """Return the rows of one table, and by how much the head leads each."""
        ours = answer_with_head(self.head, questions)
        rows = {OURS: describe(ours)}
        shares = shares_of_halves(self.head, questions)
        fixed = binned_likelihood(ours.expected, ours.stars, self.head_deviation, shares)
        rows[OURS]["log_likelihood_fixed_deviation"] = float(fixed.mean())
        leads = {}
        for predictor, deviation in self.simple:
            theirs = answer_with(predictor, questions, deviation, shares)
            rows[predictor.name] = describe(theirs)
            leads[predictor.name] = compare(ours, theirs)
        return {"rows": rows, "leads": leads}


def run(options: argparse.Namespace) -> int:
    """Measure on the held-out people; write JSON and Markdown where asked, print the headline.

    Raises:
        UsageError: The model has no rating head, or the data has too few people.
    """
    head = RatingHead.load(options.model_dir / RATING_FILE)
    directories = data_directories(options)
    parts = split_people(load_interactions(directories), ExperimentConfig(name="ratings"))
    bench = RatingBench.build(head, parts["train"], parts["validation"])
    tables = measure_tables(bench, parts["held_out"])
    report = {
        "title": "Predicted stars",
        "model": options.model_dir.name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": _command(options),
        **describe_code(),
        "head": head.record,
        "deviations": {predictor.name: deviation for predictor, deviation in bench.simple},
        "head_deviation": bench.head_deviation,
        "tables": tables,
    }
    if options.json is not None:
        write_json(options.json, report)
    if options.markdown is not None:
        write_rating_markdown(options.markdown, report)
    for name, table in tables.items():
        sys.stdout.write(_headline(name, table))
    return 0


def measure_tables(bench: RatingBench, held_out: Interactions) -> dict[str, Any]:
    """Return a table of all, of each data set, and of histories cut to each length.

    Raises:
        UsageError: Nobody has more than five ratings.
    """
    vocabulary = Vocabulary(bench.head.movie_ids)
    everyone = ask_last(held_out, vocabulary)
    if not everyone:
        raise UsageError("no held-out person has more than 5 ratings; give a larger data set")
    tables = {"all": bench.measure(everyone)}
    names = [name for name, _ in held_out.person_keys]
    for name in dict.fromkeys(names):
        chosen = [question for question in everyone if names[question.person] == name]
        if chosen:
            tables[name] = bench.measure(chosen)
    for label, (low, high) in WHOLE_SEGMENTS.items():
        chosen = [question for question in everyone if low <= len(question.history) < high]
        if chosen:
            tables[f"with {label} ratings before"] = bench.measure(chosen)
    for label, lengths in SEGMENTS.items():
        cut = ask_last(held_out, vocabulary, lengths=lengths)
        if cut:
            tables[f"history cut to {label}"] = bench.measure(cut)
    return tables


def _headline(name: str, table: dict[str, Any]) -> str:
    lines = [f"{name}\n"]
    for label, row in table["rows"].items():
        figures = (
            f"RMSE {row['rmse']:.4f}  MAE {row['mae']:.4f}  log-lik {row['log_likelihood']:.4f}"
        )
        if "coverage" in row:
            held = ", ".join(f"{level} {share:.1%}" for level, share in row["coverage"].items())
            figures += f"  intervals held: {held}"
        lines.append(f"  {label:44s} {figures}\n")
    return "".join(lines)


def _command(options: argparse.Namespace) -> str:
    """Return the command, with folders by name alone: where they lie is nobody's business."""
    data = [folder.name for folder in data_directories(options)]
    words = ["python", "-m", "recommender.ml", "evaluate-ratings", options.model_dir.name]
    return shlex.join([*words, "--data", *data])
