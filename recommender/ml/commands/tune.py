"""`tune`: search for the options of a network or a baseline that validate best, resumable."""

from __future__ import annotations

import argparse

from recommender.ml.commands.compare import (
    add_lab_arguments,
    describe_run,
    open_store,
    write_report,
)
from recommender.ml.commands.data_argument import data_directories
from recommender.ml.errors import UsageError
from recommender.ml.lab.plots import new_figure
from recommender.ml.lab.tuning_config import load_tuning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `tune`."""
    add_lab_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run every search and write its JSON, Markdown and picture.

    Raises:
        UsageError: A config, the data or the place to write is wrong, or Optuna is missing.
    """
    try:
        from recommender.ml.lab.tuning import Tuner  # noqa: PLC0415 - optuna may be missing
        from recommender.ml.lab.tuning_report import (  # noqa: PLC0415
            describe_tuning,
            draw_tuning,
            tuning_lines,
        )
    except ModuleNotFoundError as error:
        raise UsageError(f"tune needs {error.name}: make setup-dev, or pip install it") from error
    configs = [load_tuning(path) for path in args.configs]
    new_figure(1.0, 1.0)  # says at once if nothing can be drawn
    with open_store(args) as store:
        for path, config in zip(args.configs, configs, strict=True):
            interactions, movies = config.question.read_data(data_directories(args))
            tuner = Tuner(config, interactions, movies, store, device=args.device)
            tuner.run()
            report = {**describe_tuning(tuner), **describe_run(f"tune {path}")}
            report["plots"] = [f"{config.name}.png"]
            draw_tuning(args.out / f"{config.name}.png", report)
            write_report(args, config.name, report, tuning_lines)
    return 0
