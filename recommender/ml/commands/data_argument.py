"""The `--data` option that every command with data has."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from recommender.ml.errors import UsageError

DATA_VARIABLE = "MOVIESHOW_DATA"


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--data DIR...`, which MOVIESHOW_DATA stands in for."""
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        metavar="DIR",
        help=f"MovieLens folders, or folders of such; default: ${DATA_VARIABLE}",
    )


def data_directories(args: argparse.Namespace) -> list[Path]:
    """Return the folders that `--data` or MOVIESHOW_DATA name.

    Raises:
        UsageError: Neither was given.
    """
    if args.data:
        return list(args.data)
    if os.environ.get(DATA_VARIABLE):
        return [Path(os.environ[DATA_VARIABLE])]
    raise UsageError(f"no data: give --data DIR or set {DATA_VARIABLE} to MovieLens folders")


def shown_path(path: Path) -> str:
    """Return a path for a report: as it was given, an absolute one by its name alone."""
    return path.name if path.is_absolute() else path.as_posix()
