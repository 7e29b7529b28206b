"""Reading the TOML of a comparison: which recommenders, which question."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from recommender.ml.errors import ConfigError
from recommender.ml.protocols import HELD_OUT_RULES, PROTOCOLS, HeldOutRule, ProtocolName
from recommender.ml.registry import is_baseline

ENTRY_KEYS = ("model", "label", "fit_on")

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class ModelEntry:
    """One row of the table: a baseline with its options, or the directory of a trained model.

    `fit_on` names the data sets a baseline is fitted on; empty means all that were loaded.
    """

    label: str
    model: str
    fit_on: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ComparisonConfig:
    """What a comparison depends on but for the data: see `recommender/configs/compare_*.toml`.

    Everyone in the data given is trained on but for those held out; the table shows the sets
    named in `data_sets` (all, if empty). `compare_to` is the label whose lead is tested.
    """

    name: str
    title: str
    protocol: ProtocolName
    held_out: HeldOutRule
    fraction: float
    data_sets: tuple[str, ...]
    compare_to: str
    models: tuple[ModelEntry, ...]


def load_comparison(path: Path) -> ComparisonConfig:
    """Read the TOML of a comparison.

    Raises:
        ConfigError: The file is missing or an entry is missing, unknown or impossible.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give a .toml") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    known = {"report", "title", "protocol", "held_out", "fraction", "data_sets", "compare_to"}
    unknown = sorted(set(table) - known - {"models"})
    if unknown:
        raise ConfigError(f"{path}: {unknown[0]} is not an option; there are {sorted(known)}")
    models = tuple(_parse_entry(entry, path) for entry in table.get("models", []))
    config = ComparisonConfig(
        name=str(table.get("report", path.stem)),
        title=str(table.get("title", path.stem)),
        protocol=_choose(table.get("protocol", "last-5"), PROTOCOLS, path, "protocol"),
        held_out=_choose(table.get("held_out", "people"), HELD_OUT_RULES, path, "held_out"),
        fraction=float(table.get("fraction", 0.1)),
        data_sets=tuple(table.get("data_sets", ())),
        compare_to=str(table.get("compare_to", models[0].label if models else "")),
        models=models,
    )
    labels = [entry.label for entry in models]
    if len(set(labels)) < len(labels) or config.compare_to not in labels:
        raise ConfigError(f"{path}: each label must differ and compare_to must be one: {labels}")
    return config


def _choose(value: object, choices: Sequence[Choice], path: Path, key: str) -> Choice:
    for choice in choices:
        if value == choice:
            return choice
    raise ConfigError(f"{path}: {key} must be one of {', '.join(choices)}, not {value!r}")


def _parse_entry(table: Mapping[str, Any], path: Path) -> ModelEntry:
    options = {key: value for key, value in table.items() if key not in ENTRY_KEYS}
    model = table.get("model")
    if not isinstance(model, str):
        raise ConfigError(f"{path}: every [[models]] needs model = a baseline or a directory")
    label = str(table.get("label", Path(model).name))
    fit_on = tuple(table.get("fit_on", ()))
    if not is_baseline(model) and (options or fit_on):
        raise ConfigError(f"{path}: {label}: a trained model takes no options ({dict(table)})")
    return ModelEntry(label=label, model=model, fit_on=fit_on, options=options)
