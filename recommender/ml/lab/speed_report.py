"""How fast recipes train beside a plain loop, as JSON and Markdown; each run adds its recipe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.ml.code_version import name_code
from recommender.ml.errors import UsageError
from recommender.ml.lab.report import table_lines, write_json, write_lines

TITLE = "How fast training is"
MUST = 2.0


def keep_figures(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the figures of a recipe into the JSON file, those of others staying as they are there.

    The page of the same name with `.md` is made anew.

    Raises:
        UsageError: The file there holds something else.
        ArtifactError: A file cannot be written.
    """
    report = {"title": TITLE, "recipes": {**read_recipes(path), figures["config"]: dict(figures)}}
    write_json(path, report)
    write_lines(path.with_suffix(".md"), speed_lines(report))


def read_recipes(path: Path) -> dict[str, Any]:
    """Return the figures of each recipe in the file, none where there is no file.

    Raises:
        UsageError: The file there holds something else.
    """
    if not path.exists():
        return {}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path}: is no JSON: {error}; delete it or give another --json"
        ) from error
    if not isinstance(report, dict) or report.get("title") != TITLE:
        raise UsageError(f"{path}: holds something else; give another --json")
    recipes: dict[str, Any] = report["recipes"]
    return recipes


def speed_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield f"# {report['title']}"
    yield ""
    yield (
        "Films predicted a CPU second of one thread: padding does not count, making batches does. "
        "Beside ours runs a plain loop of `torch.nn.TransformerEncoder` of the same size: float32, "
        "every window padded to the full length, the loss in plain operations, torch's AdamW. Both "
        "take turns in one process; given are medians over rounds, of the ratio too, and the least "
        "and the greatest ratio of a round. Themed windows, which the plain loop has not, are left "
        f"out of ours. At least {MUST:g} times the plain loop is asked for."
    )
    yield from table_lines(
        ["recipe", "ours", "plain", "ratio", "", "padding, ours", "padding, plain"],
        (_cells(figures) for figures in report["recipes"].values()),
    )
    for figures in report["recipes"].values():
        yield f"- {describe_conditions(figures)}"
        yield (
            f"  Made on {figures['created_at'][:10]} by `{figures['command']}`{name_code(figures)}."
        )


def _cells(figures: Mapping[str, Any]) -> list[str]:
    conditions, ratios = figures["conditions"], figures["rounds"]["ratio"]
    return [
        figures["config"],
        f"{figures['ours']:,.0f}",
        f"{figures['plain']:,.0f}",
        f"{figures['ratio']:.2f} [{min(ratios):.2f}, {max(ratios):.2f}]",
        "reached" if figures["ratio"] >= MUST else "**missed**",
        f"{conditions['padding_ours']:.1%}",
        f"{conditions['padding_plain']:.1%}",
    ]


def describe_conditions(figures: Mapping[str, Any]) -> str:
    """Return in a line what was trained, on what and how long."""
    conditions = figures["conditions"]
    model, loss = conditions["model"], conditions["loss"]
    return (
        f"{figures['config']}: {model['num_blocks']} blocks x {model['embedding_dim']}, "
        f"{model['num_heads']} heads, {model['max_seq_len']} films, {loss['kind']}, "
        f"{conditions['tokens_per_batch']:,} films a batch; {conditions['movies']:,} movies, "
        f"{conditions['people']:,} people of {', '.join(conditions['data'])}; "
        f"{conditions['device']}; torch {conditions['torch']}; "
        f"{len(figures['rounds']['ratio'])} rounds of {conditions['seconds']:g} CPU seconds each."
    )
