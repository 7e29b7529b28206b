"""Many recommenders, one split: every answer is kept as it is found, and none is found twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.ml.code_version import describe_code
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.errors import ConfigError
from recommender.ml.evaluation import Catalogue, Evaluation, evaluate
from recommender.ml.lab.comparison_config import ComparisonConfig, ModelEntry
from recommender.ml.lab.fitting import Fitted, Fitter
from recommender.ml.lab.result_keys import hash_interactions, hash_movies, hash_split, hash_values
from recommender.ml.lab.results_store import ResultKey, ResultsStore
from recommender.ml.lab.seeded_answers import SeededAnswers, join_evaluations
from recommender.ml.protocols import Question
from recommender.ml.splits import EvaluationSplit

TOGETHER = "all sets together"
OTHER_CODE = "of_other_code"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """The answers: `asked[data set][label]`, absent where a model needs times a set lacks.

    `shuffled` holds the same with every history in random order; `records[label]` what is told of
    each fit, one for each seed; `doubts[label]` why a model may know what it was asked.
    """

    config: ComparisonConfig
    question: Question
    catalogue: Catalogue
    asked: dict[str, dict[str, SeededAnswers]]
    shuffled: dict[str, dict[str, SeededAnswers]]
    records: dict[str, list[dict[str, Any]]]
    doubts: dict[str, str]


@dataclass(frozen=True)
class Run:
    """One entry fitted with one seed: its answers by data set, asked and with shuffled histories.

    `record` is what is told of the fit.
    """

    asked: dict[str, Evaluation]
    shuffled: dict[str, Evaluation]
    record: dict[str, Any]


class Comparer:
    """Asks entries one after the other, with a store that knows what was asked before."""

    def __init__(
        self,
        config: ComparisonConfig,
        interactions: Interactions,
        movies: Mapping[int, MovieInfo],
        store: ResultsStore,
        *,
        device: str = "cpu",
    ) -> None:
        """Pose the question and look whether every entry can be had.

        Raises:
            ConfigError: A data set of the config is not among those loaded.
            RegistryError, ArtifactError: A recommender cannot be had.
        """
        self.config, self.store = config, store
        self.question = config.question.pose(interactions)
        self.splits = self._choose_splits()
        train = self.question.train
        self.catalogue = Catalogue.build(train, movies)
        self.fitter = Fitter(train, movies, minutes=config.minutes, device=device)
        for entry in config.models:
            self.fitter.check(entry)
        self._catalogue_hash = hash_values([hash_interactions(train), hash_movies(movies)])

    def run(self) -> Comparison:
        """Ask every entry with every seed; stop at any moment and what was found stays.

        Raises:
            UsageError: A fit failed, or a result cannot be written.
        """
        found = {
            entry.label: [self.run_entry(entry, seed) for seed in entry.runs]
            for entry in self.config.models
        }
        doubts = {
            entry.label: self.fitter.doubt(entry, self.config.question)
            for entry in self.config.models
        }
        return Comparison(
            config=self.config,
            question=self.question,
            catalogue=self.catalogue,
            asked=self._tables({key: [run.asked for run in runs] for key, runs in found.items()}),
            shuffled=self._tables(
                {key: [run.shuffled for run in runs] for key, runs in found.items()}
            ),
            records={label: [run.record for run in runs] for label, runs in found.items()},
            doubts={label: doubt for label, doubt in doubts.items() if doubt is not None},
        )

    def run_entry(self, entry: ModelEntry, seed: int | None) -> Run:
        """Return an entry's answers: those stored, and those missing by fitting it.

        Raises:
            UsageError: The fit failed, or a result cannot be written.
        """
        what, code = self.fitter.describe(entry, seed), self.fitter.code_of(entry)
        training = hash_values([what, code])
        fitted: Fitted | None = None
        run = Run({}, {}, {OTHER_CODE: False})
        for name, is_shuffled, split in self._questions_to(entry):
            key = ResultKey(hash_values([what, self._catalogue_hash, hash_split(split)]), code)
            stored = self.store.load(key, split)
            if stored is None:
                if fitted is None:
                    work = self.store.training_directory(training)
                    fitted = self.fitter.fit(entry, seed, work=work)
                    fitted.record.update(describe_code())
                answer = evaluate(fitted.recommender, split, self.catalogue)
                self.store.save(key, answer, fitted.record)
                run.record.update(fitted.record)
            else:
                answer = stored.evaluation
                run.record.update(stored.record)
                run.record[OTHER_CODE] |= stored.is_of_other_code
            (run.shuffled if is_shuffled else run.asked)[name] = answer
            _log(entry, seed, answer, "fitted" if stored is None else "stored")
        self.store.forget_training(training)
        return run

    def _choose_splits(self) -> dict[str, EvaluationSplit]:
        """Return the split of each data set that the table shows, in the order loaded."""
        splits = dict(self.question.split.by_data_set())
        missing = [name for name in self.config.data_sets if name not in splits]
        if missing:
            name = self.config.name
            raise ConfigError(f"{name}: nobody of {missing[0]} is asked; loaded: {[*splits]}")
        wanted = self.config.data_sets or tuple(splits)
        return {name: split for name, split in splits.items() if name in wanted}

    def _questions_to(self, entry: ModelEntry) -> Iterator[tuple[str, bool, EvaluationSplit]]:
        """Yield (data set, whether histories are shuffled, split) of all an entry can answer."""
        needs_true_times = self.fitter.needs_true_times(entry)
        for name, split in self.splits.items():
            if not needs_true_times or bool(split.true_times.all()):
                yield name, False, split
                yield name, True, split.with_shuffled_histories()

    def _tables(
        self, found: Mapping[str, list[dict[str, Evaluation]]]
    ) -> dict[str, dict[str, SeededAnswers]]:
        """Turn `found[label][run][data set]` into answers by data set, all of them together first.

        A model that cannot answer for every set has no row where they are together.
        """
        names = self.config.data_sets or tuple(self.splits)
        tables: dict[str, dict[str, SeededAnswers]] = {
            name: {} for name in ((TOGETHER, *names) if len(names) > 1 else names)
        }
        seeds = {entry.label: entry.runs for entry in self.config.models}
        for label, runs in found.items():
            for name in names:
                if name in runs[0]:
                    answers = tuple(run[name] for run in runs)
                    tables[name][label] = SeededAnswers(seeds[label], answers)
            if TOGETHER in tables and len(runs[0]) == len(names):
                joined = tuple(self._join(run) for run in runs)
                tables[TOGETHER][label] = SeededAnswers(seeds[label], joined)
        return tables

    def _join(self, run: Mapping[str, Evaluation]) -> Evaluation:
        asked = [key[0] in self.splits for key in self.question.split.person_keys]
        parts = [run[name] for name in self.splits]
        return join_evaluations(parts, self.question.split.select(asked), self.catalogue)


def _log(entry: ModelEntry, seed: int | None, answer: Evaluation, source: str) -> None:
    logger.info(
        "%s%s, %s, %s (%s): Hit@10 %.4f, NDCG@10 %.4f",
        entry.label,
        "" if seed is None else f", seed {seed}",
        answer.split.person_keys[0][0],
        answer.split.protocol,
        source,
        answer.means()["hit@10"],
        answer.means()["ndcg@10"],
    )
