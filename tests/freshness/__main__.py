"""Measure freshness: ``make freshness DATA=…``; the package says by which protocol.

Needs Django's settings in the environment, as ``movieshow.embedded exec --throwaway`` gives them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.config import load_config
from recommender.ml.errors import UsageError
from tests.freshness.protocol import MONTHS, Window, make_window, read_people

if TYPE_CHECKING:
    from tests.freshness.measure import Audience
    from tests.freshness.results import WindowResult

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "recommender" / "configs" / "freshness.toml"
CUTOFFS = (2005, 2008, 2011, 2014, 2017, 2020)
USAGE = 2


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line, or of `words`."""
    parser = argparse.ArgumentParser(prog="python -m tests.freshness", description=__doc__)
    add_data_argument(parser)
    parser.add_argument("--config", type=Path, default=CONFIG, help="TOML config to train with")
    parser.add_argument(
        "--cutoffs", nargs="+", type=int, default=CUTOFFS, metavar="YEAR", help="Ts: 1 January of"
    )
    parser.add_argument("--steps", type=int, default=4, help="of each year; 2, 3, 4, 6 or 12")
    parser.add_argument(
        "--tolerance",
        type=float,
        help="how far the guardrail lets NDCG@10 fall, 1 for any fall; default: as the site does",
    )
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "freshness")
    parser.add_argument("--out", type=Path, help="folder of the report; default: that of --results")
    parser.add_argument(
        "--again", type=Path, metavar="JSON", help="judge and write an earlier report anew, no more"
    )
    return parser.parse_args(words)


def main() -> int:
    """Measure what is not measured yet and write the report.

    Returns 0 where nothing is found that must not be, 1 where something is, 2 for bad input.
    """
    options = parse_arguments()
    if options.again:
        report = write_again(options.again)
        return _tell(report)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")
    os.environ["LOG_LEVEL"] = "ERROR"
    django.setup()
    _log_progress()
    try:
        report = measure(options)
    except UsageError as error:
        sys.stderr.write(f"freshness: {error}\n")
        return USAGE
    return _tell(report)


def _tell(report: dict[str, Any]) -> int:
    must = [one["holds"] for one in report["verdicts"] if "(aim)" not in one["text"]]
    return 1 if False in must else 0


def _log_progress() -> None:
    """Say on the error stream what is being done, apart from the log of the site."""
    progress = logging.getLogger("tests.freshness")
    progress.addHandler(logging.StreamHandler())
    progress.setLevel(logging.INFO)
    progress.propagate = False


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the windows that are not measured yet; write the report and return it.

    Raises:
        UsageError: The data, the config or the options do not do.
    """
    import torch

    from tests.freshness.figures import describe_all
    from tests.freshness.measure import Audience
    from tests.freshness.tags import read_tags

    describe_code()  # what the report will name: the checkout may change in the hours until then
    torch.set_num_threads(1)
    windows = [make_window(year, steps=options.steps) for year in sorted(set(options.cutoffs))]
    directories = data_directories(options)
    interactions, movies = read_people(directories)
    audience = Audience(interactions, movies, read_tags(directories, interactions))
    results = _measure_windows(options, audience, windows)
    report = {"about": _describe_run(options, audience), **describe_all(results)}
    _write(options.out or options.results, report)
    return report


def _measure_windows(
    options: argparse.Namespace, audience: Audience, windows: Sequence[Window]
) -> list[WindowResult]:
    from django.conf import settings

    from recommender.finetuning import TOLERANCE
    from tests.freshness.measure import WindowMeasurement
    from tests.freshness.results import load_result, name_result, save_result
    from tests.freshness.site import make_database
    from tests.freshness.training import ModelShelf

    config = load_config(options.config)
    tolerance = TOLERANCE if options.tolerance is None else options.tolerance
    shelf = ModelShelf(options.results / "models", config, audience.movies)
    results = []
    with ExitStack() as stack:
        is_ready = False
        for window in windows:
            name = name_result(
                window,
                interactions=audience.interactions,
                movies=audience.movies,
                config=config,
                limits={"max_seconds": settings.FINETUNE_MAX_SECONDS, "tolerance": tolerance},
            )
            path = options.results / "windows" / name
            result = load_result(path)
            if result is None:
                if not is_ready:
                    stack.enter_context(make_database())
                    is_ready = True
                found = WindowMeasurement(audience, window, shelf, tolerance=tolerance)
                result = found.run()
                save_result(path, result)
            results.append(result)
    return results


def _describe_run(options: argparse.Namespace, audience: Audience) -> dict[str, Any]:
    from django.conf import settings

    data = " ".join(dict.fromkeys(name for name, _ in audience.interactions.person_keys))
    words = ["--cutoffs", *map(str, options.cutoffs), "--steps", str(options.steps)]
    if options.config != CONFIG:
        words += ["--config", options.config.name]
    if options.tolerance is not None:
        words += ["--tolerance", str(options.tolerance)]
    chosen = (tuple(options.cutoffs), options.steps, options.config, options.tolerance)
    is_default = chosen == (CUTOFFS, 4, CONFIG, None)
    arguments = "" if is_default else f" ARGS={shlex.quote(shlex.join(words))}"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"make freshness DATA={shlex.quote(data)}{arguments}",
        **describe_code(),
        "config": options.config.stem,
        "months": MONTHS // options.steps,
        "people": audience.interactions.num_people,
        "ratings": len(audience.interactions),
        "max_seconds": settings.FINETUNE_MAX_SECONDS,
    }


def write_again(path: Path) -> dict[str, Any]:
    """Judge the figures of an earlier report anew, write its page and JSON, and return it."""
    from tests.freshness.figures import judge

    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    report["verdicts"] = judge(report)
    _write_page(path.parent, report)
    return report


def _write(folder: Path, report: dict[str, Any]) -> None:
    from tests.freshness.picture import draw

    _write_page(folder, report)
    draw(folder / "freshness.png", report)


def _write_page(folder: Path, report: dict[str, Any]) -> None:
    from recommender.ml.files import write_file
    from tests.freshness.report import format_report

    page = format_report(report, picture="freshness.png")
    text = json.dumps(report, indent=1) + "\n"
    write_file(folder / "freshness.json", lambda path: path.write_text(text, encoding="utf-8"))
    write_file(folder / "freshness.md", lambda path: path.write_text(page, encoding="utf-8"))
    sys.stdout.write(page)


if __name__ == "__main__":
    raise SystemExit(main())
