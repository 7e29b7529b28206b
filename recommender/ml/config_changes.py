"""One network's config with some options changed: for ablations, tuning and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
    tables = dataclasses.asdict(config)
    name = str(tables.pop("name"))
    for dotted, value in changes.items():
        section, _, option = dotted.partition(".")
        if option not in tables.get(section, {}):
            raise ConfigError(
                f"{source}: {dotted} is not an option of a network; write it as in "
                "'model.num_heads' or 'training.learning_rate'"
            )
        tables[section][option] = value
    return parse_config(name, tables, source=source)


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
