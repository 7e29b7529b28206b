"""Whom a command asks: people never trained on, or some to choose options by."""

from __future__ import annotations

import argparse

from recommender.ml.datasets import Interactions
from recommender.ml.splits import hold_out_people, hold_out_validation_people


def add_people_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--fraction` and `--validation`."""
    parser.add_argument("--fraction", type=float, default=0.1, help="of the people held out")
    parser.add_argument(
        "--validation",
        type=float,
        metavar="FRACTION",
        help="ask that fraction of the others instead, to choose by",
    )


def part_asked_people(
    args: argparse.Namespace, interactions: Interactions
) -> tuple[Interactions, Interactions]:
    """Return (rest, asked): those held out or, with `--validation`, some of the others."""
    rest, asked = hold_out_people(interactions, fraction=args.fraction)
    if args.validation:
        rest, asked = hold_out_validation_people(rest, fraction=args.validation)
    return rest, asked
