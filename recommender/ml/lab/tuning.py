"""Searching for the options that validate best, with Optuna; stopped, it goes on from its file.

The objective is NDCG@10 of the last five films of validation people, who are drawn from those that
may be trained on: nobody and nothing that a comparison asks for plays a part.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import DatabaseError

from recommender.ml.baselines.base import Baseline
from recommender.ml.datasets import Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import ArtifactError, ConfigError, TrainingError
from recommender.ml.evaluation import Catalogue, evaluate
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.config_changes import check_options
from recommender.ml.lab.fitting import Fitter
from recommender.ml.lab.network_training import prepare_trainer
from recommender.ml.lab.result_keys import hash_values
from recommender.ml.lab.results_store import ResultsStore
from recommender.ml.lab.tuning_config import Range, TuneConfig
from recommender.ml.registry import option_names
from recommender.ml.splits import EvaluationSplit, last_n
from recommender.ml.training_people import take_validation_people

FOLDER = "tuning"
NUM_TARGETS = 5
STARTUP_TRIALS = 5
WARMUP_EPOCHS = 2
ERROR = "error"
FRACTION_OPTION = "data.validation_fraction"

logger = logging.getLogger(__name__)


class Tuner:
    """One search: a study in an SQLite file of the store, and what a trial of it does."""

    def __init__(
        self,
        config: TuneConfig,
        interactions: Interactions,
        movies: Mapping[int, MovieInfo],
        store: ResultsStore,
        *,
        device: str = "cpu",
    ) -> None:
        """Choose whom to fit and to validate on, and open the study, new or to go on with.

        Raises:
            ConfigError: An option to search over is unknown.
            TrainingError: The people are too few.
        """
        self.config, self.movies, self.store, self.device = config, movies, store, device
        train = config.question.pose(interactions).train
        self.fitter = Fitter(train, movies, minutes=config.minutes_per_trial, device=device)
        self.train = self.fitter.select(config.entry)
        self.fit, self.validation = take_validation_people(
            self.train, fraction=config.validation_fraction, name=config.name
        )
        self._check_space()
        self._last_fitted: Baseline | None = None
        self.study = self._open_study()

    def run(self) -> optuna.Study:
        """Try options until the minutes or the trials are used up, and return the study.

        Raises:
            TrainingError: No trial came to an end.
            ArtifactError: A checkpoint or the study cannot be written.
        """
        with self._naming_file():
            self._enqueue_interrupted()
            self._optimise()
        if not self.study.get_trials(states=(TrialState.COMPLETE,)):
            errors = [trial.user_attrs[ERROR] for trial in self.study.trials if is_failed(trial)]
            why = f"; the last error: {errors[-1]}" if errors else ", give it more minutes"
            raise TrainingError(f"{self.config.name}: no trial came to an end{why}")
        return self.study

    def _optimise(self) -> None:
        """Try options until the minutes or the trials are used up."""
        counted = [trial for trial in self.study.trials if is_counted(trial)]
        seconds = 60 * self.config.minutes - sum(seconds_of(trial) for trial in counted)
        num_trials = self.config.trials - len(counted)
        if seconds > 0 and num_trials > 0:
            self.study.optimize(
                self._try, n_trials=num_trials, timeout=seconds, catch=(ConfigError, TrainingError)
            )

    @contextmanager
    def _naming_file(self) -> Iterator[None]:
        """Turn what goes wrong with the file of the study into an error that names it.

        Raises:
            ArtifactError: The file is broken or cannot be written.
        """
        path = study_file(self.store.directory, self.config.name)
        try:
            yield
        except (DatabaseError, StorageInternalError) as error:
            cause = error if isinstance(error, DatabaseError) else error.__cause__
            raise ArtifactError(
                f"{path}: cannot be read or written ({getattr(cause, 'orig', cause)}); make room "
                "if the disk is full, or delete it to search anew"
            ) from error

    def _try(self, trial: Trial) -> float:
        options = {
            name: suggest_value(trial, name, values) for name, values in self.config.space.items()
        }
        entry = self._entry_with(options)
        try:
            if entry.kind == "network":
                return self._validate_network(trial, entry)
            return self._validate_baseline(entry)
        except (ConfigError, TrainingError) as error:
            trial.set_user_attr(ERROR, str(error))
            raise

    def _entry_with(self, options: Mapping[str, Any]) -> ModelEntry:
        entry = self.config.entry
        fixed = dict(entry.options)
        if entry.kind == "network":
            fixed[FRACTION_OPTION] = self.config.validation_fraction
        return replace(entry, options={**fixed, **options})

    def _validate_network(self, trial: Trial, entry: ModelEntry) -> float:
        """Train, telling the study of every epoch, so that it can stop what leads nowhere."""
        name = hash_values([self.fitter.describe(entry, None), self.fitter.code_of(entry)])
        trainer = prepare_trainer(
            self.fitter.network_config(entry, None),
            self.train,
            checkpoint=self.store.training_directory(name) / "checkpoint.pt",
            device=self.device,
            movies=self.movies,
        )
        for record in trainer.records:  # of a trial that was interrupted
            trial.report(record.ndcg_at_10, record.epoch)
        is_hopeless = False
        while not (is_hopeless or trainer.is_finished):
            record = trainer.run_epoch()
            trial.report(record.ndcg_at_10, record.epoch)
            is_hopeless = trial.should_prune() and not trainer.is_finished
        self.store.forget_training(name)
        if is_hopeless:
            raise optuna.TrialPruned
        return trainer.best_record.ndcg_at_10

    def _validate_baseline(self, entry: ModelEntry) -> float:
        baseline = self.fitter.make_baseline(entry, None)
        if self._last_fitted is None or not baseline.adopt_fit(self._last_fitted):
            baseline.fit(self.fit, Vocabulary.build(self.fit))
            self._last_fitted = baseline
        answer = evaluate(baseline, self._asked, self._catalogue)
        return answer.means()["ndcg@10"]

    @cached_property
    def _asked(self) -> EvaluationSplit:
        return last_n(self.validation, n=NUM_TARGETS)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue.build(self.fit, self.movies)

    def _check_space(self) -> None:
        """Find a misspelt option before the first trial.

        Raises:
            ConfigError: There is no such option.
        """
        config = self.config
        if config.entry.kind == "network":
            network = self.fitter.network_config(config.entry, None)
            check_options(network, config.space, source=config.name)
            return
        if self.fitter.needs_true_times(config.entry) and not self._asked.true_times.all():
            raise ConfigError(f"{config.name}: needs clock times; leave out sets of order alone")
        known = option_names(config.entry.model)
        unknown = [name for name in config.space if name not in known]
        if unknown:
            raise ConfigError(f"{config.name}: {unknown[0]} is not an option; there are {known}")

    def _open_study(self) -> optuna.Study:
        """Open the study of this config, data and code; others live in the same file.

        Raises:
            ArtifactError: The file is broken or cannot be written.
        """
        entry, config = self._entry_with({}), self.config
        what = [self.fitter.describe(entry, None), self.fitter.code_of(entry), repr(config.space)]
        name = f"{config.name}-{hash_values([*what, config.validation_fraction])}"
        optuna.logging.disable_default_handler()
        optuna.logging.enable_propagation()
        path = study_file(self.store.directory, config.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        storage = f"sqlite:///{path.resolve()}"
        with self._naming_file():
            if self.store.fresh and name in optuna.get_all_study_names(storage):
                optuna.delete_study(study_name=name, storage=storage)
            study = optuna.create_study(
                study_name=name, storage=storage, direction="maximize", load_if_exists=True
            )
        # Another seed after each interruption, or the draws of the first minutes would come again.
        study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
        study.pruner = optuna.pruners.MedianPruner(
            n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_EPOCHS
        )
        return study

    def _enqueue_interrupted(self) -> None:
        """Let trials that a stop cut short be the next to be tried."""
        trials = self.study.get_trials()
        for trial in trials:
            if trial.state == TrialState.RUNNING:
                self.study.tell(trial.number, state=TrialState.FAIL)
        known = [trial.params for trial in trials if is_counted(trial)]
        known += [
            trial.system_attrs.get("fixed_params", {})
            for trial in trials
            if trial.state == TrialState.WAITING
        ]
        for trial in trials:
            is_whole = set(trial.params) == set(self.config.space)
            if is_whole and not is_counted(trial) and trial.params not in known:
                known.append(trial.params)
                self.study.enqueue_trial(trial.params)
                logger.info("trial %d was interrupted and goes on", trial.number)


def study_file(directory: Path, name: str) -> Path:
    """Return where in a store the studies of a config are."""
    return directory / FOLDER / f"{name}.sqlite3"


def is_failed(trial: FrozenTrial) -> bool:
    """Return whether a trial ended with an error, not by an interruption."""
    return trial.state == TrialState.FAIL and ERROR in trial.user_attrs


def is_counted(trial: FrozenTrial) -> bool:
    """Return whether a trial came to an end of its own: done, pruned or failed."""
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED) or is_failed(trial)


def seconds_of(trial: FrozenTrial) -> float:
    """Return how long a trial took, 0 if it never ended."""
    return 0.0 if trial.duration is None else trial.duration.total_seconds()


def suggest_value(trial: Trial, name: str, values: Range) -> Any:
    """Let the study choose a value."""
    if values.choices:
        return trial.suggest_categorical(name, values.choices)
    if values.is_whole:
        step = 1 if values.step is None else int(values.step)
        return trial.suggest_int(
            name, int(values.low), int(values.high), step=step, log=values.is_log
        )
    return trial.suggest_float(name, values.low, values.high, step=values.step, log=values.is_log)
