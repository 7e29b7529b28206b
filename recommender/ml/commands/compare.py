"""`compare`: the table of many recommenders on one split, resumable."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.lab.comparison import Comparer
from recommender.ml.lab.comparison_config import ComparisonConfig, load_comparison
from recommender.ml.lab.comparison_report import describe_comparison
from recommender.ml.lab.plots import draw_comparison, new_figure
from recommender.ml.lab.report import comparison_lines, write_json, write_lines
from recommender.ml.lab.results_store import ResultsStore

RESULTS_FOLDER = Path("build/results")
REPORTS_FOLDER = Path("docs/results")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `compare`."""
    add_lab_arguments(parser)
    add_code_argument(parser)


def add_code_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--any-code`."""
    parser.add_argument(
        "--any-code",
        action="store_true",
        help="let answers count that an earlier version of the code found; the report says so",
    )


def add_lab_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `compare`, `ablate` and `tune` all take."""
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG", help="a TOML file")
    add_data_argument(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=REPORTS_FOLDER,
        metavar="DIR",
        help=f"where reports go (default {REPORTS_FOLDER})",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=RESULTS_FOLDER,
        metavar="DIR",
        help=f"where answers are kept, to go on from (default {RESULTS_FOLDER})",
    )
    parser.add_argument("--fresh", action="store_true", help="find everything anew")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])


def run(args: argparse.Namespace) -> int:
    """Run every comparison and write its JSON, Markdown and pictures.

    Raises:
        UsageError: A config, the data or the place to write is wrong.
    """
    configs = [load_comparison(path) for path in args.configs]
    new_figure(1.0, 1.0)  # says at once if nothing can be drawn
    with open_store(args) as store:
        for path, config in zip(args.configs, configs, strict=True):
            report = compare(args, config, store, command=f"compare {path}")
            draw_comparison(args.out, config.name, report)
            write_report(args, config.name, report, comparison_lines)
    return 0


def open_store(args: argparse.Namespace) -> ResultsStore:
    """Return the store that the arguments name."""
    any_code = getattr(args, "any_code", False)
    return ResultsStore(args.results, fresh=args.fresh, any_code=any_code)


def compare(
    args: argparse.Namespace, config: ComparisonConfig, store: ResultsStore, *, command: str
) -> dict[str, Any]:
    """Run one comparison and describe it, and what it was made by.

    Raises:
        UsageError: The data or an entry is wrong.
    """
    interactions, movies = config.question.read_data(data_directories(args))
    comparer = Comparer(config, interactions, movies, store, device=args.device)
    return {**describe_comparison(comparer.run()), **describe_run(command)}


def describe_run(command: str) -> dict[str, Any]:
    """Return by which command, when, on what and by which code a report is made."""
    return {
        "command": f"python -m recommender.ml {command} --data DIR",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "device": f"{os.cpu_count()} x {platform.machine()} CPU",
        **describe_code(),
    }


def write_report(
    args: argparse.Namespace,
    name: str,
    report: Mapping[str, Any],
    lines: Callable[[Mapping[str, Any]], Iterable[str]],
) -> None:
    """Write JSON and Markdown and show the Markdown.

    Raises:
        ArtifactError: A file cannot be written.
    """
    write_json(args.out / f"{name}.json", report)
    write_lines(args.out / f"{name}.md", lines(report))
    sys.stdout.write((args.out / f"{name}.md").read_text(encoding="utf-8"))
