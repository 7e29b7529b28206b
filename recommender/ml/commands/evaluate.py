"""`evaluate`: how good one recommender is."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.errors import UsageError
from recommender.ml.evaluation import Catalogue, Evaluation, Recommender, evaluate
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.comparison_report import describe_answers
from recommender.ml.lab.fitting import Fitter
from recommender.ml.lab.question_config import QuestionConfig
from recommender.ml.lab.report import write_json
from recommender.ml.lab.seeded_answers import SeededAnswers, join_evaluations
from recommender.ml.protocols import HELD_OUT_RULES, PROTOCOLS, Question
from recommender.ml.registry import BASELINES
from recommender.ml.significance import metric_intervals
from recommender.ml.splits import EvaluationSplit

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `evaluate`."""
    parser.add_argument(
        "recommender",
        metavar="MODEL_DIR|BASELINE",
        help=f"a trained model's directory, a network's .toml, or one of {', '.join(BASELINES)}",
    )
    add_data_argument(parser)
    parser.add_argument("--protocol", choices=PROTOCOLS, default="last-5")
    parser.add_argument(
        "--held-out",
        choices=HELD_OUT_RULES,
        default="people",
        help="ask people never trained on (default), or everyone with only targets withheld",
    )
    parser.add_argument(
        "--fraction",
        type=float,
        default=0.1,
        help="of the people held out, or of the ratings after a temporal cut-off (default 0.1)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the headline; write everything where --json says.

    Raises:
        UsageError: The data, the recommender or the place to write is wrong.
    """
    asked = QuestionConfig((), args.protocol, args.held_out, args.fraction)
    interactions, movies = asked.read_data(data_directories(args))
    question = asked.pose(interactions)
    catalogue = Catalogue.build(question.train, movies)
    fitter = Fitter(question.train, movies)
    entry = ModelEntry(label=Path(args.recommender).name, model=args.recommender)
    timeless = question.split.select(~question.split.true_times)
    if fitter.needs_true_times(entry) and len(timeless):
        sets = ", ".join(name for name, _ in timeless.by_data_set())
        raise UsageError(
            f"{entry.label}: needs clock times; {sets} keeps order alone, leave that out"
        )
    recommender = fitter.fit(entry, None).recommender
    doubt = fitter.doubt(entry, asked)
    if doubt is not None:
        logger.warning("%s: no fair figure: %s", args.recommender, doubt)
    parts = _evaluate_parts(recommender, question.split, catalogue)
    answer = join_evaluations(list(parts.values()), question.split, catalogue)
    if args.json is not None:
        report = {
            "model": args.recommender,
            "protocol": args.protocol,
            "held_out": args.held_out,
            "note": question.note,
            "warning": doubt,
            **describe_code(),
            **_describe(answer, catalogue),
            "shuffled_histories": _evaluate_shuffled(recommender, question.split, catalogue),
            "data_sets": {name: _describe(part, catalogue) for name, part in parts.items()},
        }
        write_json(args.json, report)
    sys.stdout.write(_headline(answer, question, doubt))
    return 0


def _evaluate_parts(
    recommender: Recommender, split: EvaluationSplit, catalogue: Catalogue
) -> dict[str, Evaluation]:
    """Ask each data set's people, under one bar."""
    with tqdm(total=len(split), unit="person", desc=recommender.name, file=sys.stderr) as bar:
        return {
            name: evaluate(recommender, part, catalogue, progress=bar.update)
            for name, part in split.by_data_set()
        }


def _evaluate_shuffled(
    recommender: Recommender, split: EvaluationSplit, catalogue: Catalogue
) -> dict[str, float]:
    return evaluate(recommender, split.with_shuffled_histories(), catalogue).means()


def _describe(answer: Evaluation, catalogue: Catalogue) -> dict[str, Any]:
    return describe_answers(SeededAnswers((None,), (answer,)), catalogue)


def _headline(answer: Evaluation, question: Question, doubt: str | None) -> str:
    lines = [
        f"{answer.model}, {question.split.protocol}, {len(question.split)} people, "
        f"split {question.split.split_hash}: {question.note}\n"
    ]
    if doubt is not None:
        lines.append(f"  NO FAIR FIGURE: {doubt}\n")
    intervals = metric_intervals(answer)
    for name, value in answer.means().items():
        low, high = intervals.get(name, (None, None))
        ends = f"  [{low:.4f}, {high:.4f}]" if low is not None else ""
        lines.append(f"  {name:14s} {value:.4f}{ends}\n")
    return "".join(lines)
