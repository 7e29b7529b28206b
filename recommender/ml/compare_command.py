"""`compare`: the table of many recommenders on one split."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from pathlib import Path

from recommender.ml.comparison import describe_comparison, run_comparison
from recommender.ml.comparison_config import load_comparison
from recommender.ml.data_argument import add_data_argument, data_directories
from recommender.ml.datasets import load_interactions, load_movies
from recommender.ml.report import write_json, write_markdown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `compare`."""
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG", help="a TOML file")
    add_data_argument(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("docs/results"), help="folder (default docs/results)"
    )


def run(args: argparse.Namespace) -> int:
    """Run every comparison and write its JSON and Markdown.

    Raises:
        UsageError: A config, the data or the place to write is wrong.
    """
    configs = [load_comparison(path) for path in args.configs]
    directories = data_directories(args)
    interactions, movies = load_interactions(directories), load_movies(directories)
    for path, config in zip(args.configs, configs, strict=True):
        report = {
            **describe_comparison(run_comparison(config, interactions, movies)),
            "command": f"python -m recommender.ml compare {path} --data DIR",
            "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            "device": f"{os.cpu_count()} x {platform.machine()} CPU",
        }
        write_json(args.out / f"{config.name}.json", report)
        write_markdown(args.out / f"{config.name}.md", report)
        sys.stdout.write((args.out / f"{config.name}.md").read_text(encoding="utf-8"))
    return 0
