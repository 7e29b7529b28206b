"""A search for options as JSON values, Markdown and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from recommender.ml.lab.plots import OTHER_COLOUR, OWN_COLOUR, new_figure, save_figure, tidy
from recommender.ml.lab.report import number, opening_lines, plot_lines, table_lines
from recommender.ml.lab.tuning import ERROR, Tuner, is_counted, seconds_of

TRIALS_SHOWN = 20


def describe_tuning(tuner: Tuner) -> dict[str, Any]:
    """Return a search as plain JSON values: every trial, the best, and what mattered."""
    config, study = tuner.config, tuner.study
    trials = [trial for trial in study.trials if is_counted(trial)]
    return {
        "title": config.title,
        "study": study.study_name,
        "model": config.entry.model,
        "fixed_options": config.entry.options,
        "objective": "NDCG@10 of the last 5 films of validation people, full catalogue",
        "people": {"fit": tuner.fit.num_people, "validation": tuner.validation.num_people},
        "validation_fraction": config.validation_fraction,
        "minutes": config.minutes,
        "minutes_used": sum(seconds_of(trial) for trial in trials) / 60,
        "space": {name: values.describe() for name, values in config.space.items()},
        "best": {"value": study.best_value, "options": study.best_params},
        "importance": measure_importance(study),
        "trials": [_describe_trial(trial) for trial in trials],
    }


def _describe_trial(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value if trial.state == TrialState.COMPLETE else None,
        "by_epoch": list(trial.intermediate_values.values()),
        "options": trial.params,
        "minutes": seconds_of(trial) / 60,
        "error": trial.user_attrs.get(ERROR),
    }


def measure_importance(study: optuna.Study) -> dict[str, float]:
    """Return the part of each option in how good a trial is, most important first.

    PED-ANOVA (Watanabe et al., IJCAI 2023): how far the best trials' values of an option lie from
    those of all. Empty where trials are too few or all alike.
    """
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        return optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (RuntimeError, ValueError):
        return {}


def tuning_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Markdown of a described search."""
    people, best = report["people"], report["best"]
    yield from opening_lines(
        report,
        f"`{report['model']}`, {report['objective']}: fitted on {people['fit']:,} people, "
        f"validated on {people['validation']:,} others, none of them asked in any table. "
        f"{len(report['trials'])} trials in {report['minutes_used']:.1f} of "
        f"{report['minutes']:g} minutes by the clock; what is clearly worse than the median is "
        "stopped early.",
    )
    yield from plot_lines(report["title"], report)
    yield ""
    yield f"Best: NDCG@10 {best['value']:.4f} with"
    yield ""
    yield "```toml"
    yield from (f'"{name}" = {_toml(value)}' for name, value in best["options"].items())
    yield "```"
    yield from _option_lines(report)
    yield from _trial_lines(report)


def _option_lines(report: Mapping[str, Any]) -> Iterator[str]:
    options, importance = report["best"]["options"], report["importance"]
    yield from table_lines(
        ["option", "tried", "best", "importance"],
        (
            [name, tried, _toml(options[name]), number(importance.get(name), ".2f")]
            for name, tried in report["space"].items()
        ),
    )


def _trial_lines(report: Mapping[str, Any]) -> Iterator[str]:
    done = [trial for trial in report["trials"] if trial["value"] is not None]
    done.sort(key=lambda trial: -trial["value"])
    yield f"The best of {len(done)} trials that were not stopped early:"
    yield from table_lines(
        ["trial", "NDCG@10", "epochs", "minutes by the clock", *report["space"]],
        (
            [
                str(trial["number"]),
                f"{trial['value']:.4f}",
                str(len(trial["by_epoch"]) or ""),
                f"{trial['minutes']:.2f}",
                *(_short(trial["options"][name]) for name in report["space"]),
            ]
            for trial in done[:TRIALS_SHOWN]
        ),
    )
    failed = [trial for trial in report["trials"] if trial["error"]]
    yield from (f"- trial {trial['number']} failed: {trial['error']}" for trial in failed)


def draw_tuning(path: Path, report: Mapping[str, Any]) -> None:
    """Draw the best value so far over the trials, and what mattered.

    Raises:
        UsageError: matplotlib is not installed.
        ArtifactError: The file cannot be written.
    """
    figure = new_figure(10.0, 4.0)
    history, importance = figure.subplots(1, 2)
    done = [trial for trial in report["trials"] if trial["value"] is not None]
    numbers = [trial["number"] for trial in done]
    values = [trial["value"] for trial in done]
    history.scatter(numbers, values, color=OTHER_COLOUR, label="a trial")
    best = np.maximum.accumulate(values)
    history.step(numbers, best, where="post", color=OWN_COLOUR, label="the best so far")
    history.set_xlabel("trial")
    history.set_ylabel("validation NDCG@10")
    history.legend(frameon=False)
    names = list(report["importance"])
    importance.barh(range(len(names)), list(report["importance"].values()), color=OTHER_COLOUR)
    importance.set_yticks(range(len(names)), names)
    importance.set_xlabel("importance (PED-ANOVA)")
    importance.invert_yaxis()
    for panel in (history, importance):
        tidy(panel)
    figure.suptitle(report["title"])
    save_figure(figure, path)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else _short(value)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
