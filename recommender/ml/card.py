"""The model card: what was trained, on what, by which command, and how good it was."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from recommender.ml.code_version import describe_code
from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions
from recommender.ml.epochs import EpochRecord
from recommender.ml.training import Trainer

NON_COMMERCIAL = (
    "For non-commercial use, as the MovieLens data it was trained on is (F. M. Harper and "
    "J. A. Konstan, The MovieLens Datasets: History and Context, ACM TiiS 5(4), 2015)."
)


def describe_people(parts: dict[str, Interactions]) -> dict[str, dict[str, dict[str, int]]]:
    """Return people and ratings of each data set in each part (train, validation, held out)."""
    table: dict[str, dict[str, dict[str, int]]] = {}
    for part, interactions in parts.items():
        names = [name for name, _ in interactions.person_keys]
        people = Counter(names)
        ratings = Counter(names[person] for person in interactions.person.tolist())
        for name, count in people.items():
            table.setdefault(name, {})[part] = {"people": count, "ratings": ratings[name]}
    return table


def identify_people(parts: dict[str, Interactions]) -> dict[str, dict[str, Any]]:
    """Return how many people each part has, and a hash of who they are.

    The hash is the first 12 hex digits of SHA-256 of "data set:id" lines, sorted.
    """
    return {
        part: {"people": interactions.num_people, "hash": hash_people(interactions.person_keys)}
        for part, interactions in parts.items()
    }


def hash_people(person_keys: Sequence[tuple[str, int]]) -> str:
    """Return the first 12 hex digits of SHA-256 of "data set:id" lines, sorted."""
    lines = sorted(f"{name}:{number}\n" for name, number in person_keys)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def build_card(
    config: ExperimentConfig,
    trainer: Trainer,
    *,
    command: str,
    data: dict[str, dict[str, dict[str, int]]],
    people: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return the card of a finished training run, ready for JSON."""
    return {
        "name": config.name,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        **describe_code(),
        "versions": {name: version(name) for name in ("torch", "numpy", "onnx")},
        "device": describe_device(trainer.device, trainer.precision),
        "processes": trainer.workers.size,
        "precision": str(trainer.precision).removeprefix("torch."),
        "seed": config.training.seed,
        "minutes": round(trainer.minutes, 2),
        "minutes_to_prepare": round(trainer.minutes_to_prepare, 2),
        "stopped_by": trainer.stopped_by,
        "use": NON_COMMERCIAL,
        "data": data,
        "people": people,
        **_describe_rules(config),
        "early_stopping_metric": "NDCG@10 of the last 5 films of the validation people",
        "num_items": trainer.model.num_items,
        "num_parameters": sum(p.numel() for p in trainer.model.parameters()),
        "data_options": dataclasses.asdict(config.data),
        "model": dataclasses.asdict(config.model),
        "loss": dataclasses.asdict(config.loss),
        "rating_options": dataclasses.asdict(config.rating),
        "initialisation": dataclasses.asdict(config.initialisation),
        "training": dataclasses.asdict(config.training),
        "validation": _describe_best(trainer.best_record),
        "epochs": [dataclasses.asdict(record) for record in trainer.records],
    }


def _describe_best(best: EpochRecord) -> dict[str, float]:
    return {
        "epoch": best.epoch,
        "loss": best.validation_loss,
        "hit_at_10": best.hit_at_10,
        "ndcg_at_10": best.ndcg_at_10,
    }


def _describe_rules(config: ExperimentConfig) -> dict[str, Any]:
    held_out, validation = config.data.held_out_fraction, config.data.validation_fraction
    return {
        "held_out_fraction": held_out,
        "held_out_rule": (
            f"{held_out:.0%} of the people, by SHA-256 of (data set, id), were never trained on, "
            "nor was any copy of them in another data set; of the rest, each person counts once"
        ),
        "validation_rule": (
            f"{validation:.0%} of the other people, by a second SHA-256, were not trained on "
            "either and only decided when to stop"
        ),
    }


def describe_device(device: torch.device, precision: torch.dtype) -> str:
    """Return the device in words: what computes, how many threads, which precision."""
    kind = str(precision).removeprefix("torch.")
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {kind}"
    if device.type == "mps":
        return f"Apple GPU (MPS), {kind}"
    return f"CPU ({_processor()}), {torch.get_num_threads()} threads, {kind}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
