"""Makes the recommenders of a table ready for one question: fits, trains or loads them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.ml.baselines.base import Baseline
from recommender.ml.datasets import Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import ConfigError
from recommender.ml.evaluation import Recommender
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.question_config import QuestionConfig
from recommender.ml.lab.result_keys import (
    describe_config,
    hash_code,
    hash_files,
    hash_interactions,
)
from recommender.ml.registry import find_baseline, load_trained, make_baseline, option_names
from recommender.ml.training_clock import read_minutes

if TYPE_CHECKING:
    from recommender.ml.config import ExperimentConfig

EVALUATION_MODULE = "recommender.ml.evaluation"
NETWORK_MODULE = "recommender.ml.lab.network_training"
DIRECTORY_MODULE = "recommender.ml.trained"
BUDGET_OPTION = "max_minutes"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A recommender that can be asked, and what tables tell of how it came about."""

    recommender: Recommender
    record: dict[str, Any]


class Fitter:
    """Fits entries on one set of interactions; a fit that serves two of them is done once.

    `minutes` bounds each training by steps. Networks train on `device`.
    """

    def __init__(
        self,
        train: Interactions,
        movies: Mapping[int, MovieInfo],
        *,
        minutes: float | None = None,
        device: str = "cpu",
    ) -> None:
        self.train, self.movies = train, movies
        self.minutes, self.device = minutes, device
        self._adoptable: list[tuple[tuple[str, ...], Baseline]] = []
        self._train_hashes: dict[tuple[str, ...], str] = {}

    def check(self, entry: ModelEntry) -> None:
        """Find a misspelt option or a missing model before minutes are spent on the others.

        Raises:
            ConfigError: A config, an option or a data set to fit on is not there.
            RegistryError, ArtifactError: The recommender cannot be had.
        """
        self.select(entry)
        self.code_of(entry)
        for seed in entry.runs:
            if entry.kind == "baseline":
                self.make_baseline(entry, seed)
            elif entry.kind == "network":
                self.network_config(entry, seed)
            else:
                load_trained(Path(entry.model))

    def describe(self, entry: ModelEntry, seed: int | None) -> dict[str, Any]:
        """Return, as plain JSON values, all that what the entry will answer depends on."""
        if entry.fit_on not in self._train_hashes:
            self._train_hashes[entry.fit_on] = hash_interactions(self.select(entry))
        known = {"kind": entry.kind, "train": self._train_hashes[entry.fit_on]}
        if entry.kind == "baseline":
            options = self._baseline_options(entry, seed)
            return {**known, "model": entry.model, "options": options}
        if entry.kind == "network":
            return {**known, "config": describe_config(self.network_config(entry, seed))}
        return {**known, "files": hash_files(Path(entry.model))}

    def code_of(self, entry: ModelEntry) -> str:
        """Return the hash of the code that fits the entry, scores with it and evaluates it."""
        modules = {"network": NETWORK_MODULE, "directory": DIRECTORY_MODULE}
        if entry.kind == "baseline":
            module = find_baseline(entry.model).__module__
        else:
            module = modules[entry.kind]
        import_module(module)  # what runs later is then what is hashed now
        return hash_code((module, EVALUATION_MODULE))

    def needs_true_times(self, entry: ModelEntry) -> bool:
        """Return whether the entry can only answer people whose times are real clock times."""
        if entry.kind != "baseline":
            return False
        return find_baseline(entry.model).needs_true_times

    def doubt(self, entry: ModelEntry, question: QuestionConfig) -> str | None:
        """Return why a trained model may know what it is asked, or None if it cannot."""
        if entry.kind != "directory":
            return None
        return load_trained(Path(entry.model)).doubt(question)

    def fit(self, entry: ModelEntry, seed: int | None, *, work: Path | None = None) -> Fitted:
        """Load a trained model, or fit or train on the people that may be trained on.

        `work` is where a network keeps the checkpoint to go on from.

        Raises:
            ConfigError: A data set it is to be fitted on is not among those loaded.
            RegistryError, ArtifactError, TrainingError: The recommender cannot be had.
        """
        if entry.kind == "directory":
            return _load(entry)
        if entry.kind == "network":
            return self._train(entry, seed, work)
        started = read_minutes("cpu")
        baseline, train = self.make_baseline(entry, seed), self.select(entry)
        alike = [other for fit_on, other in self._adoptable if fit_on == entry.fit_on]
        if not any(baseline.adopt_fit(other) for other in alike):
            baseline.fit(train, Vocabulary.build(train))
            if type(baseline).adopt_fit is not Baseline.adopt_fit:
                self._adoptable.append((entry.fit_on, baseline))
        minutes = read_minutes("cpu") - started
        logger.info("%s: fitted in %.1f CPU seconds", entry.label, 60 * minutes)
        record = {"minutes": minutes, "seed": seed, **getattr(baseline, "record", {})}
        return Fitted(baseline, record)

    def make_baseline(self, entry: ModelEntry, seed: int | None) -> Baseline:
        """Return the baseline of an entry, not yet fitted.

        Raises:
            RegistryError: An option is unknown or impossible.
            ConfigError: The entry has seeds and nothing in the baseline is drawn.
        """
        baseline = make_baseline(entry.model, self._baseline_options(entry, seed))
        if seed is not None and "seed" not in option_names(entry.model):
            raise ConfigError(f"{entry.label}: {entry.model} has no seed; leave seeds out")
        return baseline

    def network_config(self, entry: ModelEntry, seed: int | None) -> ExperimentConfig:
        """Return the config of an entry's TOML with its options, the seed and the budget.

        Raises:
            ConfigError: The file or an option cannot be used.
        """
        # Reading a network's config imports torch, which baselines do without.
        from recommender.ml.config import load_config  # noqa: PLC0415
        from recommender.ml.lab.config_changes import change_config  # noqa: PLC0415

        changes = dict(entry.options)
        if seed is not None:
            changes["training.seed"] = seed
        if self.minutes is not None:
            changes.setdefault(f"training.{BUDGET_OPTION}", self.minutes)
        return change_config(load_config(Path(entry.model)), changes, source=entry.label)

    def select(self, entry: ModelEntry) -> Interactions:
        """Return what the entry is to be fitted on.

        Raises:
            ConfigError: A data set it names is not among those loaded.
        """
        names = [name for name, _ in self.train.person_keys]
        missing = [name for name in entry.fit_on if name not in names]
        if missing:
            raise ConfigError(f"{entry.label}: cannot be fitted on {missing[0]}: it is not loaded")
        if not entry.fit_on:
            return self.train
        return self.train.select_people(np.isin(names, entry.fit_on))

    def _baseline_options(self, entry: ModelEntry, seed: int | None) -> dict[str, Any]:
        options = dict(entry.options)
        known = option_names(entry.model)
        if seed is not None and "seed" in known:
            options["seed"] = seed
        if self.minutes is not None and BUDGET_OPTION in known:
            options.setdefault(BUDGET_OPTION, self.minutes)
        return options

    def _train(self, entry: ModelEntry, seed: int | None, work: Path | None) -> Fitted:
        # Needs torch, which baselines do without.
        from recommender.ml.lab.network_training import (  # noqa: PLC0415
            prepare_trainer,
            train_network,
        )

        trainer = prepare_trainer(
            self.network_config(entry, seed),
            self.select(entry),
            checkpoint=None if work is None else work / "checkpoint.pt",
            device=self.device,
            show_progress=sys.stderr.isatty(),
            movies=self.movies,
        )
        network = train_network(trainer)
        network.name = entry.label
        return Fitted(network, network.record)


def _load(entry: ModelEntry) -> Fitted:
    trained = load_trained(Path(entry.model), name=entry.label)
    card = trained.model.card
    record = {
        "origin": trained.origin,
        "minutes": card.get("minutes"),
        "epochs": len(card.get("epochs", [])) or None,
        "best_epoch": card.get("validation", {}).get("epoch"),
        "parameters": card.get("num_parameters"),
    }
    return Fitted(trained, record)
