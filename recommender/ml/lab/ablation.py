"""Ablations: a comparison of one network with itself, some options changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.ml.config import ExperimentConfig, load_config
from recommender.ml.errors import ConfigError
from recommender.ml.lab.comparison_config import ComparisonConfig, ModelEntry, check_labels
from recommender.ml.lab.config_changes import change_config, changed_options, dotted_options
from recommender.ml.lab.plots import OTHER_COLOUR, new_figure, save_figure, slug, tidy
from recommender.ml.lab.question_config import (
    QUESTION_KEYS,
    check_keys,
    names_in,
    number_in,
    parse_question,
    seeds_in,
)
from recommender.ml.lab.report import (
    SHOWN_METRICS,
    measured,
    number,
    opening_lines,
    plot_lines,
    signed,
    table_lines,
    table_opening_lines,
    title_of,
    training_lines,
)
from recommender.ml.toml_files import read_toml

ABLATION_KEYS = (
    *("report", "title", "data_sets", "base", "minutes", "seeds", "changes"),
    *QUESTION_KEYS,
)
FULL = "full"


@dataclass(frozen=True)
class Ablation:
    """The comparison to run, and the changes left out because the base is already so."""

    config: ComparisonConfig
    left_out: tuple[str, ...]


def load_ablation(path: Path) -> Ablation:
    """Read the TOML of an ablation: a `base`, and `[[changes]]` of dotted options with a label.

    Raises:
        ConfigError: The file is missing or an option is missing, unknown or impossible.
    """
    table = read_toml(path)
    check_keys(table, ABLATION_KEYS, path)
    base, seeds = table.get("base"), seeds_in(table, path)
    if not isinstance(base, str) or not base.endswith(".toml"):
        raise ConfigError(f"{path}: needs base = the .toml of a network")
    network = load_config(Path(base))
    changes = dict(_parse_change(change, network, path) for change in table.get("changes", []))
    if not changes:
        raise ConfigError(f"{path}: needs [[changes]], each with a label and options")
    kept = {label: options for label, options in changes.items() if options}
    entries = [ModelEntry(FULL, base, seeds=seeds, is_own=True)]
    entries += [
        ModelEntry(label, base, options=options, seeds=seeds, is_own=True)
        for label, options in kept.items()
    ]
    config = ComparisonConfig(
        name=str(table.get("report", path.stem)),
        title=str(table.get("title", path.stem)),
        question=parse_question(table, path),
        data_sets=names_in(table, "data_sets", path),
        compare_to=FULL,
        models=tuple(entries),
        minutes=number_in(table, "minutes", path, default=1.0) if "minutes" in table else None,
    )
    check_labels(config, path)
    return Ablation(config, tuple(label for label in changes if label not in kept))


def _parse_change(
    table: Mapping[str, Any], network: ExperimentConfig, path: Path
) -> tuple[str, dict[str, Any]]:
    """Return a label and what it changes of the base, which may be nothing.

    Raises:
        ConfigError: It has no label, or an option is unknown or impossible.
    """
    options = {key: value for key, value in table.items() if key != "label"}
    label = table.get("label")
    if not isinstance(label, str) or not options:
        raise ConfigError(f"{path}: every [[changes]] needs a label and options")
    dotted = dotted_options(options)
    change_config(network, dotted, source=f"{path}: {label}")
    return label, changed_options(network, dotted)


def ablation_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Markdown of a described ablation."""
    budget = report["minutes_per_model"]
    left_out = ", ".join(report["left_out"])
    yield from opening_lines(
        report,
        f"Protocol {report['protocol']}: {report['note']}. Every row is the network of "
        f"`{report['models'][FULL]['model']}` trained anew with the options named, on the same "
        f"people{f' for at most {budget:g} CPU minutes' if budget else ''}. Differences are to the "
        "full network, with the 95 % interval of a paired bootstrap over people; ± is the standard "
        "deviation over seeds.",
        *([f"Left out, since the full network is already so: {left_out}."] if left_out else []),
    )
    for name, table in report["data_sets"].items():
        yield from table_opening_lines(name, table)
        yield from plot_lines(name, table)
        heads = ["network", "options"]
        for metric in SHOWN_METRICS:
            heads += [title_of(metric), f"{title_of(metric)} against full"]
        heads += [f"{title_of(SHOWN_METRICS[0])}, shuffled", "parameters"]
        rows = table["models"].items()
        yield from table_lines(heads, ([*_cells(label, row, report)] for label, row in rows))
    yield from training_lines(report["models"])


def _cells(label: str, row: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    entry = report["models"][label]
    yield label
    yield ", ".join(f"{key} = {value}" for key, value in entry["options"].items())
    for metric in SHOWN_METRICS:
        yield measured(row, metric)
        yield signed(difference(row, metric))
    yield f"{row['shuffled_histories'][SHOWN_METRICS[0]]:.3f}"
    yield number(entry["training"]["parameters"], ",.0f")


def difference(row: Mapping[str, Any], metric: str) -> tuple[float, float, float] | None:
    """Return how far a row lies above the full network, [mean, low, high]; None for itself."""
    behind = row["behind"].get(metric)
    return None if behind is None else (-behind[0], -behind[2], -behind[1])


def draw_ablation(folder: Path, name: str, report: Mapping[str, Any]) -> None:
    """Draw what each change does on each data set, and note the files in the tables as `plots`.

    Raises:
        UsageError: matplotlib is not installed.
        ArtifactError: A file cannot be written.
    """
    for data_set, table in report["data_sets"].items():
        rows = {label: row for label, row in table["models"].items() if label != FULL}
        figure = new_figure(10.0, 1.6 + 0.34 * len(rows))
        panels = figure.subplots(1, len(SHOWN_METRICS), sharey=True)
        for panel, metric in zip(panels, SHOWN_METRICS, strict=True):
            found = [difference(row, metric) or (0.0, 0.0, 0.0) for row in rows.values()]
            errors = [[mean - low, high - mean] for mean, low, high in found]
            panel.barh(
                range(len(rows)),
                [mean for mean, _, _ in found],
                xerr=list(zip(*errors, strict=True)),
                color=OTHER_COLOUR,
                ecolor="#333333",
                capsize=3,
            )
            panel.axvline(0.0, color="#333333", linewidth=0.8)
            panel.set_yticks(range(len(rows)), list(rows))
            panel.set_ylim(len(rows) - 0.4, -0.6)
            panel.set_title(f"{title_of(metric)} against the full network")
            tidy(panel)
        figure.suptitle(f"{data_set}: {report['protocol']}, {table['people']} people")
        path = folder / f"{name}-{slug(data_set)}.png"
        save_figure(figure, path)
        table["plots"] = [path.name]
