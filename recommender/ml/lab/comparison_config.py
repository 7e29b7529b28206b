"""Reading the TOML of a comparison: which recommenders, which question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from recommender.ml.errors import ConfigError
from recommender.ml.lab.question_config import (
    QUESTION_KEYS,
    QuestionConfig,
    check_keys,
    names_in,
    number_in,
    parse_question,
    seeds_in,
)
from recommender.ml.registry import is_baseline
from recommender.ml.toml_files import read_toml

ENTRY_KEYS = ("model", "label", "fit_on", "seeds", "own")
COMPARISON_KEYS = (
    *("report", "title", "data_sets", "compare_to", "relative_to", "minutes", "heights", "models"),
    *QUESTION_KEYS,
)


@dataclass(frozen=True)
class ModelEntry:
    """One row of the table: a baseline, the TOML of a network, or a trained model's directory.

    `fit_on` names the data sets it is fitted on; empty means all that were loaded. `options` are
    those of a baseline, or dotted options of a network that differ from its TOML. With `seeds` it
    is fitted once for each. `is_own` keeps it from being the runner-up of `compare_to`.
    """

    label: str
    model: str
    fit_on: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    is_own: bool = False

    @property
    def kind(self) -> Literal["baseline", "network", "directory"]:
        """Return what `model` names."""
        if is_baseline(self.model):
            return "baseline"
        return "network" if self.model.endswith(".toml") else "directory"

    @property
    def runs(self) -> tuple[int | None, ...]:
        """Return the seeds to fit with; None is the recommender's own."""
        return self.seeds or (None,)


@dataclass(frozen=True)
class Height:
    """What `compare_to` is to reach in a metric on a data set.

    With `over`, the label of another model, `must` and `aim` are times that model's figure.
    """

    data_set: str
    metric: str
    must: float
    aim: float | None
    over: str | None = None


@dataclass(frozen=True)
class ComparisonConfig:
    """What a comparison depends on but for the data: see `recommender/configs/compare_*.toml`.

    The table shows the sets named in `data_sets` (all, if empty). `compare_to` is the label whose
    lead is tested; `relative_to` the one that leads in per cent are over. `minutes` is what each
    model that is trained by steps may take at most, of CPU time on a CPU.
    """

    name: str
    title: str
    question: QuestionConfig
    data_sets: tuple[str, ...]
    compare_to: str
    models: tuple[ModelEntry, ...]
    relative_to: str | None = None
    minutes: float | None = None
    heights: tuple[Height, ...] = ()


def load_comparison(path: Path) -> ComparisonConfig:
    """Read the TOML of a comparison.

    Raises:
        ConfigError: The file is missing or an entry is missing, unknown or impossible.
    """
    table = read_toml(path)
    check_keys(table, COMPARISON_KEYS, path)
    models = tuple(_parse_entry(entry, path) for entry in table.get("models", []))
    config = ComparisonConfig(
        name=str(table.get("report", path.stem)),
        title=str(table.get("title", path.stem)),
        question=parse_question(table, path),
        data_sets=names_in(table, "data_sets", path),
        compare_to=str(table.get("compare_to", models[0].label if models else "")),
        models=models,
        relative_to=table.get("relative_to"),
        minutes=number_in(table, "minutes", path, default=1.0) if "minutes" in table else None,
        heights=tuple(_parse_height(height, path) for height in table.get("heights", [])),
    )
    check_labels(config, path)
    return config


def check_labels(config: ComparisonConfig, path: Path) -> None:
    """Raise ConfigError unless labels differ and those referred to are there."""
    labels = [entry.label for entry in config.models]
    if len(set(labels)) < len(labels) or config.compare_to not in labels:
        raise ConfigError(f"{path}: each label must differ and compare_to must be one: {labels}")
    if config.relative_to is not None and config.relative_to not in labels:
        raise ConfigError(f"{path}: relative_to must be one of {labels}")
    for height in config.heights:
        if height.over is not None and height.over not in labels:
            raise ConfigError(f"{path}: [[heights]] over must be one of {labels}")


def _parse_entry(table: Mapping[str, Any], path: Path) -> ModelEntry:
    model = table.get("model")
    if not isinstance(model, str):
        raise ConfigError(
            f"{path}: every [[models]] needs model = a baseline, a network's .toml or a directory"
        )
    entry = ModelEntry(
        label=str(table.get("label", Path(model).name.removesuffix(".toml"))),
        model=model,
        fit_on=names_in(table, "fit_on", path),
        options={key: value for key, value in table.items() if key not in ENTRY_KEYS},
        seeds=seeds_in(table, path),
        is_own=bool(table.get("own", False)),
    )
    if entry.kind == "directory" and (entry.options or entry.fit_on or entry.seeds):
        raise ConfigError(f"{path}: {entry.label}: a trained model takes no options ({table})")
    return entry


def _parse_height(table: Mapping[str, Any], path: Path) -> Height:
    where = f"{path}: [[heights]]"
    check_keys(table, ("data_set", "metric", "must", "aim", "over"), where)
    if not {"data_set", "metric", "must"} <= set(table):
        raise ConfigError(f"{where} needs data_set, metric and must")
    return Height(
        data_set=str(table["data_set"]),
        metric=str(table["metric"]),
        must=number_in(table, "must", where, default=0.0),
        aim=number_in(table, "aim", where, default=0.0) if "aim" in table else None,
        over=table.get("over"),
    )
