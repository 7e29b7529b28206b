"""Pictures of a comparison: bars with intervals, and quality by length of history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.ml.errors import UsageError
from recommender.ml.files import write_file
from recommender.ml.lab.report import SHOWN_METRICS, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OWN_COLOUR, OTHER_COLOUR, DOUBT_COLOUR = "#b5432a", "#7d8ca3", "#d9d9d9"
LINES_SHOWN = 6


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that no screen is needed for.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only those who draw need it
    except ImportError as error:
        raise UsageError("pictures need matplotlib: make setup-dev") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG without the time and version in it: the same figures make the same file.

    Raises:
        ArtifactError: The file cannot be written.
    """
    options: dict[str, Any] = {"format": "png", "dpi": 110, "metadata": {"Software": None}}
    write_file(path, lambda aside: figure.savefig(aside, **options))


def draw_comparison(folder: Path, name: str, report: Mapping[str, Any]) -> None:
    """Draw every data set of a described comparison and note the files in its tables as `plots`.

    Raises:
        UsageError: matplotlib is not installed.
        ArtifactError: A file cannot be written.
    """
    for data_set, table in report["data_sets"].items():
        stem = f"{name}-{slug(data_set)}"
        draw_bars(folder / f"{stem}.png", data_set, table, report)
        draw_lengths(folder / f"{stem}-lengths.png", data_set, table, report)
        table["plots"] = [f"{stem}.png", f"{stem}-lengths.png"]


def draw_bars(path: Path, title: str, table: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    """Draw Hit@10 and NDCG@10 of every model with their 95 % intervals.

    Raises:
        ArtifactError: The file cannot be written.
    """
    rows = table["models"]
    figure = new_figure(10.0, 1.6 + 0.34 * len(rows))
    panels = figure.subplots(1, len(SHOWN_METRICS), sharey=True)
    for panel, metric in zip(panels, SHOWN_METRICS, strict=True):
        colours = [_colour(label, report) for label in rows]
        _draw_intervals(panel, rows, metric, colours)
        panel.set_yticks(range(len(rows)), [_name(label, report) for label in rows])
        panel.set_title(title_of(metric))
    figure.suptitle(f"{title}: {report['protocol']}, {table['people']} people")
    save_figure(figure, path)


def _draw_intervals(
    panel: Axes, rows: Mapping[str, Any], metric: str, colours: Sequence[str]
) -> None:
    labels = list(rows)
    means = [rows[label]["metrics"][metric] for label in labels]
    ends = [rows[label]["intervals"][metric] for label in labels]
    below = [max(0.0, mean - low) for mean, (low, _) in zip(means, ends, strict=True)]
    above = [max(0.0, high - mean) for mean, (_, high) in zip(means, ends, strict=True)]
    places = range(len(labels))
    panel.barh(places, means, xerr=[below, above], color=colours, ecolor="#333333", capsize=3)
    for place, mean, (_, high) in zip(places, means, ends, strict=True):
        panel.annotate(
            f" {mean:.3f}", (high, place), xytext=(3, 0), textcoords="offset points", va="center"
        )
    panel.set_ylim(len(labels) - 0.4, -0.6)
    panel.margins(x=0.15)
    tidy(panel)


def draw_lengths(
    path: Path, title: str, table: Mapping[str, Any], report: Mapping[str, Any]
) -> None:
    """Draw NDCG@10 by length of history, for `compare_to` and the best of the others.

    Raises:
        ArtifactError: The file cannot be written.
    """
    rows, compare_to = table["models"], report["compare_to"]
    fair = [label for label in rows if not report["models"][label]["doubt"]]
    ranked = sorted(fair, key=lambda label: -rows[label]["metrics"]["ndcg@10"])
    labels = sorted(ranked, key=lambda label: label != compare_to)[:LINES_SHOWN]
    figure = new_figure(8.0, 4.5)
    panel = figure.subplots()
    for label in labels:
        segments = rows[label]["by_history_length"]
        names = [f"{name}\n{found['people']} people" for name, found in segments.items()]
        values = [found["ndcg@10"] for found in segments.values()]
        is_ours = label == compare_to
        style = {"color": OWN_COLOUR, "linewidth": 2.5} if is_ours else {"linewidth": 1.2}
        panel.plot(names, values, marker="o", label=label, **style)
    panel.set_ylim(bottom=0.0)
    panel.set_xlabel("movies in the history")
    panel.set_ylabel("NDCG@10")
    panel.set_title(f"{title}: {report['protocol']}")
    panel.legend(frameon=False, fontsize="small")
    tidy(panel)
    save_figure(figure, path)


def tidy(panel: Axes) -> None:
    """Leave out the frame where it says nothing."""
    panel.spines[["top", "right"]].set_visible(False)


def slug(name: str) -> str:
    """Return a name as it may stand in the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _name(label: str, report: Mapping[str, Any]) -> str:
    return f"{label} (no fair rival)" if report["models"][label]["doubt"] else label


def _colour(label: str, report: Mapping[str, Any]) -> str:
    if report["models"][label]["doubt"]:
        return DOUBT_COLOUR
    is_own = label == report["compare_to"] or report["models"][label]["own"]
    return OWN_COLOUR if is_own else OTHER_COLOUR
