"""One network's config with some options changed: for ablations, tuning and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.ml.config import ExperimentConfig, parse_config
from recommender.ml.errors import ConfigError


def change_config(
    config: ExperimentConfig, changes: Mapping[str, Any], *, source: str
) -> ExperimentConfig:
    """Return the config with dotted options such as `model.num_heads` set; `source` is for errors.

    Raises:
        ConfigError: An option is unknown or its value impossible.
    """
    check_options(config, changes, source=source)
    tables = dataclasses.asdict(config)
    name = str(tables.pop("name"))
    for dotted, value in changes.items():
        section, _, option = dotted.partition(".")
        tables[section][option] = value
    return parse_config(name, tables, source=source)


def check_options(config: ExperimentConfig, dotted: Iterable[str], *, source: str) -> None:
    """Raise ConfigError, naming the first that is no dotted option of a network."""
    tables = dataclasses.asdict(config)
    for name in dotted:
        section, _, option = name.partition(".")
        if section == "name" or option not in tables.get(section, {}):
            raise ConfigError(
                f"{source}: {name} is not an option of a network; write it as in "
                "'model.num_heads' or 'training.learning_rate'"
            )


def dotted_options(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return {"model.num_heads": 2} for TOML's `model.num_heads = 2`, quoted or not."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        nested = value if isinstance(value, dict) else None
        found |= {key: value} if nested is None else {f"{key}.{k}": v for k, v in nested.items()}
    return found


def changed_options(config: ExperimentConfig, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the dotted options whose value in `config` is another."""
    tables = dataclasses.asdict(config)
    return {
        dotted: value
        for dotted, value in changes.items()
        if _plain(_option(tables, dotted)) != _plain(value)
    }


def _option(tables: Mapping[str, Any], dotted: str) -> Any:
    section, _, option = dotted.partition(".")
    return tables.get(section, {}).get(option)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
