"""Many recommenders, one split: who is better, by how much, and how sure that is."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recommender.ml.baselines.base import Baseline
from recommender.ml.comparison_config import ComparisonConfig, ModelEntry
from recommender.ml.datasets import Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import ConfigError
from recommender.ml.evaluation import (
    LIST_LENGTH,
    Catalogue,
    Evaluation,
    Recommender,
    evaluate,
    paired_difference,
    segment_by_history_length,
    segment_by_target_genre,
)
from recommender.ml.protocols import Question, pose_question
from recommender.ml.registry import is_baseline, load_trained, make_baseline
from recommender.ml.splits import EvaluationSplit

DIFFERENCE_METRICS = ("hit@10", "ndcg@10")
TOGETHER = "all sets together"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """The answers: `evaluations[data set][label]`, absent where a model needs times a set lacks.

    `shuffled` holds the same with every history in random order; `origins[label]` says which
    training run a trained model comes from.
    """

    config: ComparisonConfig
    question: Question
    catalogue: Catalogue
    evaluations: dict[str, dict[str, Evaluation]]
    shuffled: dict[str, dict[str, Evaluation]]
    origins: dict[str, str]


class Bench:
    """Makes recommenders ready for one question; a fit that serves two of them is done once."""

    def __init__(self, train: Interactions) -> None:
        self.train = train
        self.fitted: list[tuple[tuple[str, ...], Baseline]] = []
        self.origins: dict[str, str] = {}

    def prepare(self, entry: ModelEntry) -> Recommender:
        """Load a trained model, or fit a baseline on the people that may be trained on.

        Raises:
            ConfigError: A data set it is to be fitted on is not among those loaded.
            RegistryError: There is no such recommender.
            ArtifactError: A model directory is broken.
        """
        started = time.perf_counter()
        if not is_baseline(entry.model):
            trained = load_trained(Path(entry.model), name=entry.label)
            self.origins[entry.label] = trained.origin
            return trained
        baseline = make_baseline(entry.model, entry.options)
        alike = [other for fit_on, other in self.fitted if fit_on == entry.fit_on]
        if not any(baseline.adopt_fit(other) for other in alike):
            train = self._select(entry)
            baseline.fit(train, Vocabulary.build(train))
            self.fitted.append((entry.fit_on, baseline))
        logger.info("%s: fitted in %.1f s", entry.label, time.perf_counter() - started)
        return baseline

    def _select(self, entry: ModelEntry) -> Interactions:
        names = [name for name, _ in self.train.person_keys]
        missing = [name for name in entry.fit_on if name not in names]
        if missing:
            raise ConfigError(f"{entry.label}: cannot be fitted on {missing[0]}: it is not loaded")
        if not entry.fit_on:
            return self.train
        return self.train.select_people(np.isin(names, entry.fit_on))


def check_entries(config: ComparisonConfig) -> None:
    """Find a misspelt option or a missing model before minutes are spent on the others.

    Raises:
        RegistryError, ArtifactError: A recommender cannot be had.
    """
    for entry in config.models:
        if is_baseline(entry.model):
            make_baseline(entry.model, entry.options)
        else:
            load_trained(Path(entry.model))


def run_comparison(
    config: ComparisonConfig, interactions: Interactions, movies: Mapping[int, MovieInfo]
) -> Comparison:
    """Ask every recommender of the config the same question.

    Raises:
        ConfigError: A data set of the config is not among those loaded.
        RegistryError, ArtifactError: A recommender cannot be had.
    """
    check_entries(config)
    question = pose_question(
        interactions,
        protocol=config.protocol,
        held_out=config.held_out,
        fraction=config.fraction,
    )
    splits = dict(question.split.by_data_set())
    missing = [name for name in config.data_sets if name not in splits]
    if missing:
        raise ConfigError(f"{config.name}: nobody of {missing[0]} is asked; loaded: {[*splits]}")
    catalogue = Catalogue.build(question.train, movies)
    bench = Bench(question.train)
    names = config.data_sets or tuple(splits)
    if len(names) > 1:
        asked = [key[0] in names for key in question.split.person_keys]
        splits[TOGETHER], names = question.split.select(asked), (TOGETHER, *names)
    evaluations: dict[str, dict[str, Evaluation]] = {name: {} for name in names}
    shuffled: dict[str, dict[str, Evaluation]] = {name: {} for name in names}
    for entry in config.models:
        recommender = bench.prepare(entry)
        for name in names:
            if not _can_answer(recommender, splits[name]):
                continue
            answer = evaluate(recommender, splits[name], catalogue)
            evaluations[name][entry.label] = answer
            mixed = splits[name].with_shuffled_histories()
            shuffled[name][entry.label] = evaluate(recommender, mixed, catalogue)
            logger.info("%s on %s: Hit@10 %.4f", entry.label, name, answer.means()["hit@10"])
    return Comparison(config, question, catalogue, evaluations, shuffled, bench.origins)


def _can_answer(recommender: Recommender, split: EvaluationSplit) -> bool:
    needs_true_times = isinstance(recommender, Baseline) and recommender.needs_true_times
    return not needs_true_times or bool(split.true_times.all())


def describe_evaluation(evaluation: Evaluation, catalogue: Catalogue) -> dict[str, Any]:
    """Return all that is known of one evaluation as plain JSON values."""
    return {
        "split_hash": evaluation.split.split_hash,
        "people": len(evaluation.split),
        "metrics": evaluation.means(),
        "intervals": {name: list(ends) for name, ends in evaluation.intervals().items()},
        "by_history_length": segment_by_history_length(evaluation),
        "by_target_genre": segment_by_target_genre(evaluation, catalogue.genres),
        "list_length": LIST_LENGTH,
    }


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return the whole comparison as plain JSON values, the ids of those asked included."""
    config, question = comparison.config, comparison.question
    tables: dict[str, Any] = {}
    for name, answers in comparison.evaluations.items():
        split = next(iter(answers.values())).split
        rows = {
            label: {
                **describe_evaluation(answer, comparison.catalogue),
                "shuffled_histories": comparison.shuffled[name][label].means(),
                "behind": describe_lead(comparison, name, label),
            }
            for label, answer in answers.items()
        }
        tables[name] = {
            "split_hash": split.split_hash,
            "people": len(split),
            "person_ids": {
                part_name: [key[1] for key in part.person_keys]
                for part_name, part in split.by_data_set()
            },
            "models": rows,
        }
    return {
        "title": config.title,
        "protocol": config.protocol,
        "held_out": config.held_out,
        "note": question.note,
        "compare_to": config.compare_to,
        "trained_on": {"people": question.train.num_people, "ratings": len(question.train)},
        "models": {
            entry.label: {
                "model": entry.model,
                "origin": comparison.origins.get(entry.label),
                "fit_on": entry.fit_on,
                "options": entry.options,
            }
            for entry in config.models
        },
        "data_sets": tables,
    }


def describe_lead(comparison: Comparison, data_set: str, label: str) -> dict[str, list[float]]:
    """Return per metric by how much `compare_to` beats `label`: [mean, low, high], paired."""
    answers = comparison.evaluations[data_set]
    reference = answers.get(comparison.config.compare_to)
    if reference is None or label == comparison.config.compare_to:
        return {}
    return {
        metric: list(paired_difference(reference, answers[label], metric))
        for metric in DIFFERENCE_METRICS
    }
