"""`groups MODEL_DIR --data DIR…`: which strategy pleases groups of people never trained on."""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.datasets import load_interactions
from recommender.ml.errors import UsageError
from recommender.ml.group_measure import draw_groups, measure_groups
from recommender.ml.histories import read_history
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.report import write_json
from recommender.ml.splits import hold_out_people

SIZES = (2, 3, 4)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument("--groups", type=int, default=400, help="groups of each size (400)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def run(options: argparse.Namespace) -> int:
    """Measure groups of two, three and four; print a table each.

    Raises:
        UsageError: The model predicts no stars, or no people have enough films in common.
    """
    model = InferenceModel.load(options.model_dir)
    _, held_out = hold_out_people(load_interactions(data_directories(options)))
    people = [read_history(held_out, slice(*rows)) for rows in pairwise(held_out.offsets.tolist())]
    report = {}
    for size in SIZES:
        groups = list(draw_groups(model, people, size=size, count=options.groups, seed=size))
        if not groups:
            raise UsageError(f"no {size} of {len(people)} held-out people share enough films")
        table = measure_groups(groups, len(people))
        report[str(size)] = {"groups": len(groups), "people": len(people), "rows": table}
        sys.stdout.write(f"{len(groups)} groups of {size} from {len(people)} people\n")
        for label, row in table.items():
            low, high = row["least_lead"][1:]
            sys.stdout.write(
                f"  {label:38s} least {row['least']:.3f} ({row['least_lead'][0]:+.3f}, "
                f"{low:+.3f} to {high:+.3f})  mean {row['mean']:.3f}  misery {row['misery']:.1%}\n"
            )
    if options.json is not None:
        write_json(options.json, {**describe_code(), "sizes": report})
    return 0
