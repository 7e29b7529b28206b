"""`export MODEL_DIR --out DIR`: a model directory anew from the weights in its model.pt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recommender.ml.checkpoint import load_model
from recommender.ml.export import check_target, export_model
from recommender.ml.ratings.inference import RatingHead


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    parser.add_argument("--out", type=Path, help="where to write (default: in its place)")


def run(options: argparse.Namespace) -> int:
    """Write model.onnx, items.npz and card.json again; rating.npz stays as it is."""
    target = options.out or options.model_dir
    check_target(target)
    saved = load_model(options.model_dir / "model.pt")
    head = RatingHead.load_beside(options.model_dir)
    export_model(
        target, saved.model, saved.movie_ids, saved.popularity, saved.record, rating_head=head
    )
    sys.stdout.write(f"{target}: written\n")
    return 0
