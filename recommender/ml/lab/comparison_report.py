"""A comparison as plain JSON values: means, intervals, leads, segments, and who was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recommender.ml.evaluation import LIST_LENGTH, Catalogue
from recommender.ml.lab.comparison import OTHER_CODE, Comparison
from recommender.ml.lab.comparison_config import Height, ModelEntry
from recommender.ml.lab.seeded_answers import SeededAnswers
from recommender.ml.segments import segment_by_history_length
from recommender.ml.significance import metric_intervals, paired_difference, relative_lead

DIFFERENCE_METRICS = ("hit@10", "ndcg@10")
SUMMARY_KEYS = ("minutes", "epochs", "best_epoch", "parameters")
NEAR_BEST = 0.98


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return the whole comparison as plain JSON values, the ids of those asked included."""
    config, question = comparison.config, comparison.question
    return {
        "title": config.title,
        "protocol": config.question.protocol,
        "held_out": config.question.held_out,
        "note": question.note,
        "compare_to": config.compare_to,
        "relative_to": config.relative_to,
        "minutes_per_model": config.minutes,
        "trained_on": {"people": question.train.num_people, "ratings": len(question.train)},
        "models": {entry.label: _describe_entry(comparison, entry) for entry in config.models},
        "data_sets": {name: _describe_table(comparison, name) for name in comparison.asked},
    }


def describe_answers(answers: SeededAnswers, catalogue: Catalogue) -> dict[str, Any]:
    """Return all that is known of one recommender's answers to one split.

    With several seeds every figure is of each person's mean over them; `spread` is the standard
    deviation of the seeds' means, `by_seed` holds those means.
    """
    average = answers.average
    return {
        "split_hash": average.split.split_hash,
        "people": len(average.split),
        "metrics": average.means(),
        "intervals": {name: list(ends) for name, ends in metric_intervals(average).items()},
        "spread": answers.spread(),
        "by_seed": {
            str(seed): run.means()
            for seed, run in zip(answers.seeds, answers.runs, strict=True)
            if seed is not None
        },
        "by_history_length": segment_by_history_length(average),
        "by_target_genre": answers.by_target_genre(catalogue.genres),
        "list_length": LIST_LENGTH,
    }


def _describe_entry(comparison: Comparison, entry: ModelEntry) -> dict[str, Any]:
    records = comparison.records[entry.label]
    origins = [record["origin"] for record in records if record.get("origin")]
    return {
        "model": entry.model,
        "kind": entry.kind,
        "origin": origins[0] if origins else None,
        "fit_on": entry.fit_on,
        "options": entry.options,
        "seeds": entry.seeds,
        "own": entry.is_own,
        "doubt": comparison.doubts.get(entry.label),
        "of_other_code": any(record.get(OTHER_CODE) for record in records),
        "training": {
            **{key: _mean_of([record.get(key) for record in records]) for key in SUMMARY_KEYS},
            "minutes_to_near_best": _mean_of([minutes_to_near_best(record) for record in records]),
            "device": records[0].get("device"),
            "runs": records,
        },
    }


def minutes_to_near_best(record: Mapping[str, Any]) -> float | None:
    """Return after how long a fit validated within 2 % of the best NDCG@10 that it came to.

    None where nothing was validated.
    """
    table = record.get("epoch_table")
    if not table:
        return None
    near = NEAR_BEST * max(row["ndcg_at_10"] for row in table)
    first = next(row for row in table if row["ndcg_at_10"] >= near)
    # Networks tell the minutes of an epoch and all, baselines all alone.
    return float(first.get("total_minutes", first["minutes"]))


def _mean_of(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _describe_table(comparison: Comparison, name: str) -> dict[str, Any]:
    answers = comparison.asked[name]
    split = next(iter(answers.values())).average.split
    runners_up = {metric: find_runner_up(comparison, name, metric) for metric in DIFFERENCE_METRICS}
    return {
        "split_hash": split.split_hash,
        "people": len(split),
        "person_ids": {
            part_name: [key[1] for key in part.person_keys]
            for part_name, part in split.by_data_set()
        },
        "runner_up": runners_up,
        "heights": [
            _describe_height(comparison, height, runners_up)
            for height in comparison.config.heights
            if height.data_set == name and comparison.config.compare_to in answers
        ],
        "models": {label: _describe_row(comparison, name, label) for label in answers},
    }


def _describe_row(comparison: Comparison, name: str, label: str) -> dict[str, Any]:
    config = comparison.config
    row = {
        **describe_answers(comparison.asked[name][label], comparison.catalogue),
        "shuffled_histories": comparison.shuffled[name][label].average.means(),
    }
    behind = _leads(comparison, name, config.compare_to, label)
    row["behind"] = {metric: lead[:3] for metric, lead in behind.items()}
    if config.relative_to is not None:
        ahead = _leads(comparison, name, label, config.relative_to)
        row["over_relative_to"] = {metric: lead[3] for metric, lead in ahead.items()}
    return row


def _leads(comparison: Comparison, name: str, label: str, other: str) -> dict[str, list[Any]]:
    """Return per metric by how much `label` beats `other`: [mean, low, high, relative]."""
    answers = comparison.asked[name]
    if label == other or label not in answers or other not in answers:
        return {}
    ours, theirs = answers[label].average, answers[other].average
    return {
        metric: [
            *paired_difference(ours, theirs, metric),
            relative_lead(ours, theirs, metric),
        ]
        for metric in DIFFERENCE_METRICS
    }


def find_runner_up(comparison: Comparison, name: str, metric: str) -> dict[str, Any] | None:
    """Return the best but `compare_to` in a metric and the lead over it, None if there is none.

    Our own other models do not count, nor do models that may know what they were asked.
    """
    config, answers = comparison.config, comparison.asked[name]
    rivals = [
        entry.label
        for entry in config.models
        if entry.label in answers
        and entry.label != config.compare_to
        and not entry.is_own
        and entry.label not in comparison.doubts
    ]
    if not rivals or config.compare_to not in answers:
        return None
    best = max(rivals, key=lambda label: answers[label].average.means()[metric])
    lead = _leads(comparison, name, config.compare_to, best)[metric]
    return {"label": best, "lead": lead[:3], "relative_lead": lead[3]}


def _describe_height(
    comparison: Comparison, height: Height, runners_up: Mapping[str, dict[str, Any] | None]
) -> dict[str, Any]:
    """Return whether a height is reached.

    `must` is met where the figure is at least that and the lead over the runner-up is surely above
    0.
    """
    reached, interval = _find_reached(comparison, height)
    runner_up = runners_up.get(height.metric)
    is_sure = runner_up is not None and runner_up["lead"][1] > 0
    is_fair = comparison.config.compare_to not in comparison.doubts and reached is not None
    figure = 0.0 if reached is None else reached
    return {
        "metric": height.metric,
        "must": height.must,
        "aim": height.aim,
        "over": height.over,
        "reached": reached,
        "interval": interval,
        "must_met": is_fair and is_sure and figure >= height.must,
        "aim_met": None if height.aim is None else is_fair and figure >= height.aim,
    }


def _find_reached(
    comparison: Comparison, height: Height
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the mean, or how many times another model's it is, with the interval of that.

    None where the other's figure is 0.
    """
    ours = comparison.config.compare_to
    if height.over is None:
        return comparison.asked[height.data_set][ours].average.means()[height.metric], None
    lead = _leads(comparison, height.data_set, ours, height.over).get(height.metric)
    if lead is None or lead[3] is None:
        return None, None
    times, low, high = (1.0 + part for part in lead[3])
    return times, (low, high)
