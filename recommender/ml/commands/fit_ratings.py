"""`fit-ratings MODEL_DIR --data DIR…`: teach an existing model to predict stars."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from recommender.ml.checkpoint import load_model
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.commands.train import split_people
from recommender.ml.config import ExperimentConfig, load_config
from recommender.ml.datasets import Vocabulary, load_interactions
from recommender.ml.errors import ArtifactError
from recommender.ml.export import padded_vectors
from recommender.ml.ratings.inference import RATING_FILE
from recommender.ml.ratings.training import fit_rating_head


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument(
        "--config",
        type=Path,
        help="TOML config whose [data] and [rating] to use (default: the model's, and defaults)",
    )


def run(options: argparse.Namespace) -> int:
    """Fit to the people that the model was trained on, and write rating.npz beside its files.

    Raises:
        UsageError: The model or the data is wrong, or there is too little of it.
    """
    torch.set_num_threads(1)
    saved = load_model(options.model_dir / "model.pt")
    config = load_config(options.config) if options.config else ExperimentConfig(name="ratings")
    config = replace(config, rating=replace(config.rating, enabled=True))
    parts = split_people(load_interactions(data_directories(options)), config)
    vocabulary = Vocabulary(saved.movie_ids)
    if not vocabulary.index_of(parts["train"].movie_id).any():
        raise ArtifactError(f"{options.model_dir}: knows none of the films of this data")
    people = parts["train"], parts["validation"]
    head = fit_rating_head(*people, vocabulary, padded_vectors(saved.model), config.rating)
    path = options.model_dir / RATING_FILE
    head.save(path)
    sys.stdout.write(
        f"{path}: {len(head.movie_ids) - 1} films, {path.stat().st_size} bytes, "
        f"{head.record['seconds']:.0f} s\n"
    )
    return 0
