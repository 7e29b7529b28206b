"""Reading a TOML config: one file says everything that a training run depends on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_type_hints

from recommender.ml.errors import ConfigError
from recommender.ml.losses import LossConfig
from recommender.ml.ratings.config import RatingConfig
from recommender.ml.toml_files import read_toml
from recommender.ml.transformer import ModelConfig

Section = TypeVar("Section")


@dataclass(frozen=True)
class DataConfig:
    """Who is held out for good, who of the rest only says when to stop, and what is added.

    `themed_share` is how many films of themed windows each epoch adds, for each film it has.
    `clock_repeats` is how often an epoch reads the people whose times are those of a clock, for
    each time it reads those whose times tell order alone.
    """

    held_out_fraction: float = 0.1
    validation_fraction: float = 0.05
    min_ratings: int = 1
    themed_share: float = 0.0
    clock_repeats: int = 1

    def __post_init__(self) -> None:
        """Refuse to leave people out."""
        if self.clock_repeats < 1:
            raise ValueError("clock_repeats must be at least 1")


@dataclass(frozen=True)
class InitialisationConfig:
    """Where item vectors start: `random`, or `ppmi_svd` of decayed neighbours.

    With `genre_weight` above 0 each genre has a coordinate of its own, in which a film of g genres
    starts at genre_weight / sqrt(g); neighbours fill the others.
    """

    kind: Literal["random", "ppmi_svd"] = "ppmi_svd"
    max_gap: int = 5
    decay: float = 0.8
    scale: float = 1.0
    genre_weight: float = 0.0


@dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast and how exactly to train.

    With `max_minutes`, of CPU time on a CPU, the rate falls with whichever is further on, steps or
    minutes, and the run ends after the epoch in which the minutes run out.
    """

    epochs: int = 10
    max_minutes: float | None = None
    tokens_per_batch: int = 4096
    accumulation: int = 1
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    warmup_steps: int = 200
    final_rate: float = 0.02
    clip: float = 1.0
    average_decay: float = 0.0
    patience: int = 3
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    seed: int = 0


@dataclass(frozen=True)
class ExperimentConfig:
    """Everything a training run depends on, but for the data itself."""

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    initialisation: InitialisationConfig = field(default_factory=InitialisationConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    data: DataConfig = field(default_factory=DataConfig)
    rating: RatingConfig = field(default_factory=RatingConfig)


def load_config(path: Path) -> ExperimentConfig:
    """Read a TOML config; the file's name without suffix names the model.

    Raises:
        ConfigError: The file is missing, is no TOML, or has an unknown or impossible option.
    """
    return parse_config(path.stem, read_toml(path), source=str(path))


def parse_config(name: str, tables: dict[str, Any], *, source: str) -> ExperimentConfig:
    """Turn the tables of a config into an ExperimentConfig; `source` is named in errors.

    Raises:
        ConfigError: A table or an option is unknown, or a value is impossible.
    """
    sections = {
        section: _parse_section(get_type_hints(ExperimentConfig)[section], table, source, section)
        for section, table in _known_tables(tables, source).items()
    }
    return ExperimentConfig(name=name, **sections)


def _known_tables(tables: dict[str, Any], source: str) -> dict[str, Any]:
    known = [f.name for f in dataclasses.fields(ExperimentConfig) if f.name != "name"]
    for section, table in tables.items():
        if section not in known or not isinstance(table, dict):
            raise ConfigError(f"{source}: [{section}] is not one of {', '.join(known)}")
    return tables


def _parse_section(
    kind: type[Section], table: dict[str, Any], source: str, section: str
) -> Section:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{source}: [{section}] {key}"
        if key not in hints:
            raise ConfigError(f"{where} is not an option; there are {', '.join(hints)}")
        values[key] = _parse_value(hints[key], value, where)
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(f"{source}: [{section}] {error}") from error


def _parse_value(hint: Any, value: Any, where: str) -> Any:
    """Check a value against its type; Literal choices are listed in the error."""
    choices: tuple[Any, ...] = getattr(hint, "__args__", ())
    if NoneType in choices:
        return None if value is None else _parse_value(choices[0], value, where)
    if getattr(hint, "__origin__", None) is Literal:
        if value not in choices:
            raise ConfigError(f"{where} must be one of {', '.join(choices)}, not {value!r}")
        return value
    if getattr(hint, "__origin__", None) is tuple:
        return tuple(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ConfigError(f"{where} must be {hint.__name__}, not {value!r}")
    return value
