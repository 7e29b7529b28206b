"""`faithfulness MODEL_DIR`: whether "because you watched" is true, on people never trained on."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.faithfulness import measure_faithfulness
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.report import write_json
from recommender.ml.real_histories import read_held_out_sequences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument("--people", type=int, default=200, help="held-out people (200)")
    parser.add_argument("--json", type=Path, help="where to write the figures")


def run(options: argparse.Namespace) -> int:
    """Measure and print; write where --json says."""
    model = InferenceModel.load(options.model_dir)
    sequences = read_held_out_sequences(
        model, data_directories(options), people=options.people, min_length=6
    )
    figures = {
        "model": str(model.card.get("name", options.model_dir.name)),
        "people": len(sequences),
        **measure_faithfulness(model, sequences).summary(),
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    if options.json is not None:
        write_json(options.json, figures)
    return 0
