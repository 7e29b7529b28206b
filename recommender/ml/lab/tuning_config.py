"""Reading the TOML of a search for options: of which recommender, over which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recommender.ml.errors import ConfigError
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.config_changes import dotted_options
from recommender.ml.lab.question_config import (
    QUESTION_KEYS,
    QuestionConfig,
    check_keys,
    names_in,
    number_in,
    parse_question,
)
from recommender.ml.toml_files import read_toml

TUNE_KEYS = (
    *("report", "title", "model", "fit_on", "options", "space", "validation_fraction"),
    *("minutes", "minutes_per_trial", "trials", "seed"),
    *QUESTION_KEYS,
)
RANGE_KEYS = ("low", "high", "log", "step", "choices")


@dataclass(frozen=True)
class Range:
    """The values of one option: `choices`, or all from `low` to `high` (whole, if both are)."""

    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether only whole numbers are meant."""
        return type(self.low) is int and type(self.high) is int

    def describe(self) -> str:
        """Return the values in words."""
        if self.choices:
            return ", ".join(map(str, self.choices))
        step = f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{step}{', log' if self.is_log else ''}"


@dataclass(frozen=True)
class TuneConfig:
    """What a search depends on but for the data: see `recommender/configs/tune_*.toml`.

    `minutes` bounds the whole search, over all its interruptions, `minutes_per_trial` each training
    by steps, `trials` their number. `validation_fraction` of the people that may be trained on
    are validated on instead: their last five films are asked for.
    """

    name: str
    title: str
    question: QuestionConfig
    entry: ModelEntry
    minutes: float
    minutes_per_trial: float | None
    trials: int
    seed: int
    validation_fraction: float
    space: dict[str, Range] = field(default_factory=dict)


def load_tuning(path: Path) -> TuneConfig:
    """Read the TOML of a search.

    Raises:
        ConfigError: The file is missing or an option is missing, unknown or impossible.
    """
    table = read_toml(path)
    check_keys(table, TUNE_KEYS, path)
    model = table.get("model")
    if not isinstance(model, str):
        raise ConfigError(f"{path}: needs model = a baseline or a network's .toml")
    entry = ModelEntry(
        label=model,
        model=model,
        fit_on=names_in(table, "fit_on", path),
        options=dotted_options(table.get("options", {})),
    )
    if entry.kind == "directory":
        raise ConfigError(f"{path}: {model} is no baseline and no .toml; nothing else is tuned")
    space = {
        name: _parse_range(value, f"{path}: [space] {name}")
        for name, value in _ranges(table.get("space", {}), path).items()
    }
    per_trial = table.get("minutes_per_trial")
    return TuneConfig(
        name=str(table.get("report", path.stem)),
        title=str(table.get("title", path.stem)),
        question=parse_question(table, path),
        entry=entry,
        minutes=number_in(table, "minutes", path, default=30.0),
        minutes_per_trial=None if per_trial is None else float(per_trial),
        trials=int(number_in(table, "trials", path, default=50)),
        seed=int(table.get("seed", 0)),
        validation_fraction=number_in(table, "validation_fraction", path, default=0.1),
        space=space,
    )


def _ranges(table: Any, path: Path) -> dict[str, Any]:
    """Return the table of each option under its dotted name, written quoted or not.

    Raises:
        ConfigError: There are none.
    """
    if not isinstance(table, dict) or not table:
        raise ConfigError(f"{path}: needs [space], the values to try of each option")
    found: dict[str, Any] = {}
    for key, value in table.items():
        is_section = isinstance(value, dict) and not set(value) & set(RANGE_KEYS)
        found |= {f"{key}.{name}": v for name, v in value.items()} if is_section else {key: value}
    return found


def _parse_range(table: Any, where: str) -> Range:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} must be {{ low = 1, high = 9 }} or {{ choices = [1, 9] }}")
    check_keys(table, RANGE_KEYS, where)
    if "choices" in table:
        if not isinstance(table["choices"], list) or len(table["choices"]) < 2:
            raise ConfigError(f"{where}: choices must be a list of two values or more")
        if not all(isinstance(choice, bool | int | float | str) for choice in table["choices"]):
            raise ConfigError(f"{where}: choices must be numbers, words, true or false")
        return Range(choices=tuple(table["choices"]))
    low, high, step = table.get("low", 0), table.get("high", 0), table.get("step")
    is_log = bool(table.get("log", False))
    are_numbers = all(type(end) in (int, float) for end in (low, high))
    if not are_numbers or low >= high or (is_log and low <= 0):
        raise ConfigError(f"{where} needs choices, or low below high (above 0 where log is true)")
    if is_log and step is not None:
        raise ConfigError(f"{where}: log and step do not go together")
    return Range(low, high, is_log, step)
