"""`evaluate`: how good one recommender is."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from recommender.ml.comparison import Bench, describe_evaluation
from recommender.ml.comparison_config import ModelEntry
from recommender.ml.data_argument import add_data_argument, data_directories
from recommender.ml.datasets import load_interactions, load_movies
from recommender.ml.evaluation import Catalogue, Evaluation, Recommender, evaluate
from recommender.ml.protocols import HELD_OUT_RULES, PROTOCOLS, Question, pose_question
from recommender.ml.registry import BASELINES, is_baseline
from recommender.ml.report import write_json
from recommender.ml.splits import EvaluationSplit

LEAK_WARNING = "a model trained on whole histories may know some of these targets"

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `evaluate`."""
    parser.add_argument(
        "recommender",
        metavar="MODEL_DIR|BASELINE",
        help=f"a trained model's directory, or one of {', '.join(BASELINES)}",
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
        "--fraction", type=float, default=0.1, help="of the people held out (default 0.1)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the headline; write everything where --json says.

    Raises:
        UsageError: The data, the recommender or the place to write is wrong.
    """
    directories = data_directories(args)
    question = pose_question(
        load_interactions(directories),
        protocol=args.protocol,
        held_out=args.held_out,
        fraction=args.fraction,
    )
    catalogue = Catalogue.build(question.train, load_movies(directories))
    entry = ModelEntry(label=Path(args.recommender).name, model=args.recommender)
    recommender = Bench(question.train).prepare(entry)
    if _may_know_targets(args):
        logger.warning("%s: %s", args.recommender, LEAK_WARNING)
    answer = _evaluate_with_bar(recommender, question.split, catalogue)
    if args.json is not None:
        write_json(args.json, _describe(args, question, answer, recommender, catalogue))
    sys.stdout.write(_headline(answer, question))
    return 0


def _may_know_targets(args: argparse.Namespace) -> bool:
    """Tell whether a trained model may have been trained on what it is now asked."""
    asks_trained_people = args.protocol == "temporal" or args.held_out == "targets"
    return asks_trained_people and not is_baseline(args.recommender)


def _evaluate_with_bar(
    recommender: Recommender, split: EvaluationSplit, catalogue: Catalogue
) -> Evaluation:
    with tqdm(total=len(split), unit="person", desc=recommender.name, file=sys.stderr) as bar:
        return evaluate(
            recommender, split, catalogue, progress=lambda done, _: bar.update(done - bar.n)
        )


def _describe(
    args: argparse.Namespace,
    question: Question,
    answer: Evaluation,
    recommender: Recommender,
    catalogue: Catalogue,
) -> dict[str, Any]:
    data_sets = {
        name: describe_evaluation(evaluate(recommender, part, catalogue), catalogue)
        for name, part in question.split.by_data_set()
    }
    mixed = evaluate(recommender, question.split.with_shuffled_histories(), catalogue)
    return {
        "model": args.recommender,
        "protocol": args.protocol,
        "held_out": args.held_out,
        "note": question.note,
        "warning": LEAK_WARNING if _may_know_targets(args) else None,
        **describe_evaluation(answer, catalogue),
        "shuffled_histories": mixed.means(),
        "data_sets": data_sets,
    }


def _headline(answer: Evaluation, question: Question) -> str:
    lines = [
        f"{answer.model}, {question.split.protocol}, {len(question.split)} people, "
        f"split {question.split.split_hash}: {question.note}\n"
    ]
    intervals = answer.intervals()
    for name, value in answer.means().items():
        low, high = intervals.get(name, (None, None))
        ends = f"  [{low:.4f}, {high:.4f}]" if low is not None else ""
        lines.append(f"  {name:14s} {value:.4f}{ends}\n")
    return "".join(lines)
