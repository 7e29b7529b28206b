"""Comparisons as JSON and Markdown, written so that nobody finds half of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.ml.files import write_file

COLUMNS = ("ndcg@10", "hit@5", "hit@20", "mrr", "coverage@10", "diversity@10", "novelty@10")
TITLES = {"ndcg": "NDCG", "hit": "Hit", "mrr": "MRR"}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON, keys as they come.

    Raises:
        ArtifactError: The file cannot be written.
    """
    text = json.dumps(value, indent=1) + "\n"
    write_file(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def write_markdown(path: Path, report: Mapping[str, Any]) -> None:
    """Write the tables of a described comparison.

    Raises:
        ArtifactError: The file cannot be written.
    """
    text = "\n".join(_lines(report)) + "\n"
    write_file(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    trained = report["trained_on"]
    yield f"# {report['title']}"
    yield ""
    yield (
        f"Protocol {report['protocol']}: {report['note']}. Baselines are fitted on "
        f"{trained['ratings']:,} ratings of {trained['people']:,} people. The full catalogue is "
        "ranked, seen movies are left out, ties rank worst. Brackets are 95 % bootstrap intervals "
        "over people."
    )
    yield ""
    yield f"Made on {report['date']} by `{report['command']}` ({report['device']})."
    for name, table in report["data_sets"].items():
        yield from _data_set_lines(name, table, report["compare_to"])
    yield ""
    yield "## Options"
    yield ""
    for label, entry in report["models"].items():
        options = ", ".join(f"{key} = {value}" for key, value in entry["options"].items())
        if entry["fit_on"]:
            options += f"{', ' if options else ''}fitted on {', '.join(entry['fit_on'])} alone"
        options = entry["origin"] or options
        yield f"- {label}: `{entry['model']}`{', ' + options if options else ''}"


def _data_set_lines(name: str, table: Mapping[str, Any], compare_to: str) -> Iterator[str]:
    rows = table["models"]
    popularity = rows.get("popularity", {}).get("metrics", {}).get("hit@10", 0.0)
    yield ""
    yield f"## {name}"
    yield ""
    yield f"{table['people']} people, split `{table['split_hash']}`."
    yield ""
    heads = ["model", "Hit@10", "× popularity", *map(_title, COLUMNS)]
    heads += ["Hit@10, shuffled history", f"{compare_to} leads by (Hit@10)"]
    yield f"| {' | '.join(heads)} |"
    yield f"|---{'|---:' * (len(heads) - 1)}|"
    for label, row in rows.items():
        means, lead = row["metrics"], row["behind"].get("hit@10")
        cells = [
            label,
            f"{means['hit@10']:.3f} {_interval(*row['intervals']['hit@10'])}",
            f"{means['hit@10'] / popularity:.1f}" if popularity else "",
            *(f"{means[column]:.3f}" for column in COLUMNS),
            f"{row['shuffled_histories']['hit@10']:.3f}",
            f"{lead[0]:+.3f} {_interval(*lead[1:])}" if lead else "",
        ]
        yield f"| {' | '.join(cells)} |"
    if compare_to in rows:
        yield from _segment_lines(compare_to, rows[compare_to])


def _segment_lines(label: str, row: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{label} by length of history:"
    yield ""
    yield "| movies before | people | Hit@10 | NDCG@10 | MRR |"
    yield "|---|---:|---:|---:|---:|"
    for segment, means in row["by_history_length"].items():
        figures = " | ".join(f"{means[metric]:.3f}" for metric in ("hit@10", "ndcg@10", "mrr"))
        yield f"| {segment} | {means['people']} | {figures} |"
    yield ""
    yield f"{label} by genre of the target (each target by itself):"
    yield ""
    yield "| genre | targets | in the top 10 |"
    yield "|---|---:|---:|"
    for genre, means in row["by_target_genre"].items():
        yield f"| {genre} | {means['targets']:.0f} | {means['hit@10']:.3f} |"


def _title(metric: str) -> str:
    name, at, k = metric.partition("@")
    return f"{TITLES.get(name, name.capitalize())}{at}{k}"


def _interval(low: float, high: float) -> str:
    return f"[{low:.3f}, {high:.3f}]"
