"""`ablate`: one network, its options changed one by one; resumable as `compare` is."""

from __future__ import annotations

import argparse

from recommender.ml.commands.compare import (
    add_code_argument,
    add_lab_arguments,
    compare,
    open_store,
    write_report,
)
from recommender.ml.lab.ablation import ablation_lines, draw_ablation, load_ablation
from recommender.ml.lab.plots import new_figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `ablate`."""
    add_lab_arguments(parser)
    add_code_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run every ablation and write its JSON, Markdown and pictures.

    Raises:
        UsageError: A config, the data or the place to write is wrong.
    """
    ablations = [load_ablation(path) for path in args.configs]
    new_figure(1.0, 1.0)  # says at once if nothing can be drawn
    with open_store(args) as store:
        for path, ablation in zip(args.configs, ablations, strict=True):
            config = ablation.config
            report = compare(args, config, store, command=f"ablate {path}")
            report["left_out"] = list(ablation.left_out)
            draw_ablation(args.out, config.name, report)
            write_report(args, config.name, report, ablation_lines)
    return 0
