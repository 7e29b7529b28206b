"""`faithfulness MODEL_DIR`: whether "because you watched" is true, on people never trained on."""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from recommender.ml.attention_weights import attention_reader
from recommender.ml.checkpoint import check_vocabulary, load_model
from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import (
    add_data_argument,
    data_directories,
    shown_path,
)
from recommender.ml.dataset_files import expand_directories
from recommender.ml.datasets import RATING_MEMBERS
from recommender.ml.errors import UsageError
from recommender.ml.faithfulness import measure_faithfulness, summarise
from recommender.ml.faithfulness_report import report_lines
from recommender.ml.finetuning import MODEL_FILE
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.report import write_json, write_lines
from recommender.ml.real_histories import read_held_out_sequences

DEFAULT_PEOPLE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument(
        "--people", type=int, default=DEFAULT_PEOPLE, help=f"held-out people ({DEFAULT_PEOPLE})"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write tables there, and .md")


def run(options: argparse.Namespace) -> int:
    """Measure and print the page; write figures and page where --json says.

    Raises:
        UsageError: The data, the model or an option is wrong, or no film shown has a reason.
    """
    if options.people < 1:
        raise UsageError(f"--people {options.people}: give the number of people to ask, 1 or more")
    model, directories = InferenceModel.load(options.model_dir), data_directories(options)
    saved = load_model(options.model_dir / MODEL_FILE)
    check_vocabulary(options.model_dir / MODEL_FILE, saved.movie_ids, model.movie_ids)
    sequences = read_held_out_sequences(model, directories, people=options.people, min_length=6)
    drops = measure_faithfulness(model, sequences, attention_reader(saved.model))
    report = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": _command(options),
        "model": f"the model {model.card.get('name')} of {model.card.get('created_at')}",
        "data_sets": [folder.name for folder in expand_directories(directories, RATING_MEMBERS)],
        **describe_code(),
        **summarise(drops),
    }
    lines = list(report_lines(report))
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json is not None:
        write_json(options.json, report)
        write_lines(options.json.with_suffix(".md"), lines)
    return 0


def _command(options: argparse.Namespace) -> str:
    """Return the command; data sets are named elsewhere, and where they lie nowhere."""
    words = ["python", "-m", "recommender.ml", "faithfulness", shown_path(options.model_dir)]
    words += ["--data", "DIR", "--people", str(options.people)]
    words += ["--json", shown_path(options.json)] if options.json else []
    return shlex.join(words)
