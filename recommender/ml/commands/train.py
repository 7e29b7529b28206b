"""`train CONFIG --data DIR… --out DIR`: from ratings to a model directory, resumable."""

from __future__ import annotations

import argparse
import logging
import shlex
import shutil
import sys
from pathlib import Path

from recommender.ml.card import build_card, describe_people, identify_people
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.config import ExperimentConfig, load_config
from recommender.ml.datasets import Interactions, Vocabulary, load_interactions, load_movies
from recommender.ml.distributed import Workers, join_workers, leave_workers
from recommender.ml.errors import TrainingError, UsageError
from recommender.ml.export import check_target, export_model, padded_vectors
from recommender.ml.onnx_graph import check_servable
from recommender.ml.optimisation import choose_device
from recommender.ml.ratings.training import fit_rating_head
from recommender.ml.splits import hold_out_people
from recommender.ml.tokens import count_items
from recommender.ml.training import Trainer
from recommender.ml.training_people import make_training_data, take_validation_people
from recommender.ml.training_plot import PLOT_FILE, draw_epochs

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("config", type=Path, help="TOML config, see recommender/configs/")
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, required=True, help="model directory to write")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])


def run(options: argparse.Namespace) -> int:
    """Train to the end, or go on where an earlier run stopped; write the model directory.

    Under `torchrun` the processes share the work, and the first one writes.
    """
    config = load_config(options.config)
    check_servable(config.model)
    check_target(options.out)
    workers, device = join_workers(choose_device(options.device))
    directories = data_directories(options)
    parts = split_people(load_interactions(directories), config)
    data = make_training_data(config, parts["train"], parts["validation"], load_movies(directories))
    work = options.out.with_name(f".{options.out.name}.training")
    trainer = Trainer(
        config,
        data,
        device=device,
        checkpoint=work / "checkpoint.pt",
        show_progress=True,
        workers=workers,
    )
    trainer.run()
    leave_workers()
    if workers.is_first:
        _write(options, trainer, parts)
        shutil.rmtree(work, ignore_errors=True)
    return 0


def _write(options: argparse.Namespace, trainer: Trainer, parts: dict[str, Interactions]) -> None:
    """Write the model directory of a finished run, and its picture where it can be drawn."""
    config, out, best = trainer.config, options.out, trainer.best_record
    card = build_card(
        config,
        trainer,
        command=_command(options, trainer.workers),
        data=describe_people(parts),
        people=identify_people(parts),
    )
    head, movie_ids = None, trainer.data.movie_ids
    if config.rating.enabled:
        people = parts["train"], parts["validation"]
        try:
            vectors = padded_vectors(trainer.model)
            head = fit_rating_head(*people, Vocabulary(movie_ids), vectors, config.rating)
        except TrainingError as error:  # no reason to lose what was trained
            logger.warning("the model will predict no stars: %s", error)
    popularity = count_items(trainer.data.train, len(movie_ids))
    export_model(out, trainer.model, movie_ids, popularity, card, rating_head=head)
    try:
        draw_epochs(out / PLOT_FILE, trainer.records, best.epoch, device=trainer.device.type)
    except UsageError as error:
        logger.warning("no picture of the run: %s", error)
    sys.stdout.write(
        f"{out}: best epoch {best.epoch} of {len(trainer.records)}, validation "
        f"Hit@10 {best.hit_at_10:.4f}, NDCG@10 {best.ndcg_at_10:.4f}\n"
    )


def split_people(interactions: Interactions, config: ExperimentConfig) -> dict[str, Interactions]:
    """Split people into train, validation and held_out.

    Raises:
        TrainingError: One part has nobody.
    """
    rest, held_out = hold_out_people(interactions, fraction=config.data.held_out_fraction)
    fit, validation = take_validation_people(
        rest, fraction=config.data.validation_fraction, name=config.name
    )
    return {"train": fit, "validation": validation, "held_out": held_out}


def _command(options: argparse.Namespace, workers: Workers) -> str:
    """Return the command, with data folders by name alone: where they lie is nobody's business."""
    data = [folder.name for folder in data_directories(options)]
    program = (
        ["python"] if workers.size == 1 else ["torchrun", "--nproc-per-node", str(workers.size)]
    )
    words = [*program, "-m", "recommender.ml", "train", str(options.config), "--data", *data]
    return shlex.join([*words, "--out", options.out.name, "--device", options.device])
