"""What the TOML files of `compare`, `ablate` and `tune` share: which data, which question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from recommender.ml.dataset_files import expand_directories
from recommender.ml.datasets import (
    RATING_MEMBERS,
    Interactions,
    MovieInfo,
    load_interactions,
    load_movies,
)
from recommender.ml.errors import ConfigError
from recommender.ml.protocols import (
    HELD_OUT_RULES,
    PROTOCOLS,
    HeldOutRule,
    ProtocolName,
    Question,
    pose_question,
)

QUESTION_KEYS = ("load", "protocol", "held_out", "fraction")

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class QuestionConfig:
    """Which data sets take part (`load`; all that are given, if empty), and what is asked.

    `fraction` (0..1) is of the people, held out, or of the ratings after a temporal cut-off.
    """

    load: tuple[str, ...] = ()
    protocol: ProtocolName = "last-5"
    held_out: HeldOutRule = "people"
    fraction: float = 0.1

    def read_data(self, directories: Sequence[Path]) -> tuple[Interactions, dict[int, MovieInfo]]:
        """Load the ratings and movies of the sets that take part.

        Raises:
            ConfigError: A set is not among the folders.
            DatasetError: A folder or a line in it is not what it should be.
        """
        folders = expand_directories(directories, RATING_MEMBERS)
        missing = set(self.load) - {folder.name for folder in folders}
        if missing:
            names = ", ".join(folder.name for folder in folders)
            raise ConfigError(f"{min(missing)}: no such data set among --data; there are {names}")
        kept = [folder for folder in folders if not self.load or folder.name in self.load]
        return load_interactions(kept), load_movies(kept)

    def pose(self, interactions: Interactions) -> Question:
        """Split the interactions into what may be trained on and what is asked.

        Raises:
            SplitError: They are too few for the protocol.
        """
        return pose_question(
            interactions,
            protocol=self.protocol,
            held_out=self.held_out,
            fraction=self.fraction,
        )


def parse_question(table: Mapping[str, Any], path: Path) -> QuestionConfig:
    """Take the question out of the table of a file; other keys are left to the caller.

    Raises:
        ConfigError: A value is impossible.
    """
    return QuestionConfig(
        load=names_in(table, "load", path),
        protocol=choose(table.get("protocol", "last-5"), PROTOCOLS, f"{path}: protocol"),
        held_out=choose(table.get("held_out", "people"), HELD_OUT_RULES, f"{path}: held_out"),
        fraction=number_in(table, "fraction", path, default=0.1),
    )


def check_keys(table: Mapping[str, Any], known: Iterable[str], where: object) -> None:
    """Raise ConfigError, naming the first key that is not `known`."""
    options = sorted(known)
    unknown = sorted(set(table) - set(options))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]} is not an option; there are {options}")


def choose(value: object, choices: Sequence[Choice], where: str) -> Choice:
    """Return `value` if it is one of `choices`.

    Raises:
        ConfigError: It is not.
    """
    for choice in choices:
        if value == choice:
            return choice
    raise ConfigError(f"{where} must be one of {', '.join(choices)}, not {value!r}")


def names_in(table: Mapping[str, Any], key: str, where: object) -> tuple[str, ...]:
    """Return the list of names under `key`, empty where there is none.

    Raises:
        ConfigError: It is no list of strings.
    """
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f"{where}: {key} must be a list of names, not {value!r}")
    return tuple(value)


def number_in(table: Mapping[str, Any], key: str, where: object, *, default: float) -> float:
    """Return the number under `key`, which must be above 0.

    Raises:
        ConfigError: It is no such number.
    """
    value = table.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        raise ConfigError(f"{where}: {key} must be a number above 0, not {value!r}")
    return float(value)


def seeds_in(table: Mapping[str, Any], where: object) -> tuple[int, ...]:
    """Return the list under `seeds`, empty where there is none.

    Raises:
        ConfigError: It is no list of different whole numbers from 0 on.
    """
    value = table.get("seeds", [])
    is_list = isinstance(value, list) and all(type(seed) is int and seed >= 0 for seed in value)
    if not is_list or len(set(value)) < len(value):
        raise ConfigError(f"{where}: seeds must be a list of different numbers, not {value!r}")
    return tuple(value)
