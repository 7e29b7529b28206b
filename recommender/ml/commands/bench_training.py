"""`bench-training CONFIG --data DIR…`: films a second of our training beside a plain loop's."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import shlex
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recommender.ml.card import describe_device
from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import (
    add_data_argument,
    data_directories,
    shown_path,
)
from recommender.ml.commands.train import split_people
from recommender.ml.config import load_config
from recommender.ml.dataset_files import expand_directories
from recommender.ml.datasets import RATING_MEMBERS, load_interactions, load_movies
from recommender.ml.errors import UsageError
from recommender.ml.lab.plain_loop import PlainLoop
from recommender.ml.lab.speed_report import describe_conditions, keep_figures, read_recipes
from recommender.ml.sequences import cut_windows, padding_share
from recommender.ml.training import Trainer
from recommender.ml.training_people import make_training_data

WARM_UP_STEPS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("config", type=Path, help="TOML config, see recommender/configs/")
    add_data_argument(parser)
    parser.add_argument("--rounds", type=int, default=5, help="of both; the median counts")
    parser.add_argument("--seconds", type=float, default=10.0, help="of CPU time, each and round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them there, and .md")


def run(options: argparse.Namespace) -> int:
    """Measure both loops in turn on one thread of the CPU and print the medians.

    Where --json says, the figures join those of other configs that are there.

    Raises:
        UsageError: An option, the config or the data is wrong, or the file holds something else.
    """
    if options.rounds < 1 or options.seconds <= 0:
        raise UsageError("--rounds must be at least 1 and --seconds more than 0")
    if options.json is not None:
        read_recipes(options.json)  # says at once if it holds something else
    torch.set_num_threads(1)
    trainer = _make_trainer(options)
    loops = {"ours": our_steps(trainer), "plain": plain_steps(trainer)}
    for steps in loops.values():
        for _ in range(WARM_UP_STEPS):
            next(steps)
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(options.rounds):
        for name, steps in loops.items():
            rates[name].append(films_per_second(steps, options.seconds))
    figures = _describe(rates, trainer, options)
    sys.stdout.write(_as_text(figures))
    if options.json is not None:
        keep_figures(options.json, figures)
    return 0


def our_steps(trainer: Trainer) -> Iterator[tuple[int, float]]:
    """Take steps of our training; yield of each its films and CPU seconds, making batches too."""
    trainer.model.train()
    accumulation = trainer.config.training.accumulation
    for epoch in itertools.count(1):
        started = time.process_time()
        batches = trainer.draw_batches(np.random.default_rng(epoch))
        to_draw = (time.process_time() - started) / len(batches)
        for start in range(0, len(batches), accumulation):
            group = batches[start : start + accumulation]
            started = time.process_time()
            trainer.train_step(group, range(start, start + len(group)))
            seconds = time.process_time() - started + to_draw * len(group)
            yield sum(int((batch.targets > 0).sum()) for batch in group), seconds


def plain_steps(trainer: Trainer) -> Iterator[tuple[int, float]]:
    """Take steps of the plain loop; yield of each its films and CPU seconds."""
    loop = PlainLoop(trainer.model.num_items, trainer.config)
    loop.model.train()
    for epoch in itertools.count(1):
        rng = np.random.default_rng(epoch)
        windows = cut_windows(trainer.data.train, trainer.config.model.max_seq_len, rng)
        order = rng.permutation(len(windows)).tolist()
        for start in range(0, len(order), loop.windows_per_batch):
            started = time.process_time()
            group = [windows[place] for place in order[start : start + loop.windows_per_batch]]
            loop.train_step(group)
            yield sum(len(window) - 1 for window in group), time.process_time() - started


def films_per_second(steps: Iterator[tuple[int, float]], seconds: float) -> float:
    """Take steps for at least so many CPU seconds; return films predicted a second of them."""
    films, spent = 0, 0.0
    while spent < seconds:
        of_step, seconds_of_step = next(steps)
        films, spent = films + of_step, spent + seconds_of_step
    return films / spent


def _make_trainer(options: argparse.Namespace) -> Trainer:
    config = load_config(options.config)
    # The plain loop draws no themed windows, so ours shall not either.
    config = replace(config, data=replace(config.data, themed_share=0.0))
    directories = data_directories(options)
    parts = split_people(load_interactions(directories), config)
    movies = load_movies(directories)
    return Trainer(config, make_training_data(config, parts["train"], parts["validation"], movies))


def _describe(
    rates: dict[str, list[float]], trainer: Trainer, options: argparse.Namespace
) -> dict[str, Any]:
    config, train = trainer.config, trainer.data.train
    folders = expand_directories(data_directories(options), RATING_MEMBERS)
    ratios = [ours / plain for ours, plain in zip(rates["ours"], rates["plain"], strict=True)]
    batches = trainer.draw_batches(np.random.default_rng(1))
    length = config.model.max_seq_len
    windows = cut_windows(train, length, np.random.default_rng(1))
    full = 1 - sum(len(window) - 1 for window in windows) / (len(windows) * length)
    return {
        "config": config.name,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": _command(options),
        **describe_code(),
        "unit": "films predicted, padding not counted, a CPU second of one thread",
        "ours": statistics.median(rates["ours"]),
        "plain": statistics.median(rates["plain"]),
        "ratio": statistics.median(ratios),
        "rounds": {**rates, "ratio": ratios},
        "conditions": {
            "data": [folder.name for folder in folders],
            "people": len(train),
            "movies": trainer.model.num_items,
            "device": describe_device(trainer.device, trainer.precision),
            "torch": torch.__version__,
            "seconds": options.seconds,
            "padding_ours": padding_share(batches),
            "padding_plain": full,
            "model": dataclasses.asdict(config.model),
            "loss": dataclasses.asdict(config.loss),
            "tokens_per_batch": config.training.tokens_per_batch,
        },
    }


def _command(options: argparse.Namespace) -> str:
    """Return the command; data sets are named elsewhere, and where they lie nowhere."""
    words = ["python", "-m", "recommender.ml", "bench-training", shown_path(options.config)]
    words += ["--data", "DIR", "--rounds", str(options.rounds), "--seconds", f"{options.seconds:g}"]
    words += ["--json", shown_path(options.json)] if options.json else []
    return shlex.join(words)


def _as_text(figures: dict[str, Any]) -> str:
    conditions = figures["conditions"]
    return (
        f"ours   {figures['ours']:8,.0f} films/s, padding {conditions['padding_ours']:.1%}\n"
        f"plain  {figures['plain']:8,.0f} films/s, padding {conditions['padding_plain']:.1%}, "
        "torch.nn.TransformerEncoder, float32\n"
        f"ratio  {figures['ratio']:8.2f}, median of {len(figures['rounds']['ratio'])} rounds\n"
        f"{describe_conditions(figures)}\n"
    )
