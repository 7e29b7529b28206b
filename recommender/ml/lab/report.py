"""Comparisons as JSON and Markdown, written so that nobody finds half of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recommender.ml.code_version import name_code
from recommender.ml.files import write_file

TITLES = {"ndcg": "NDCG", "hit": "Hit", "mrr": "MRR"}
MORE_METRICS = ("hit@5", "hit@20", "ndcg@5", "mrr", "coverage@10", "diversity@10", "novelty@10")
SHOWN_METRICS = ("hit@10", "ndcg@10")
DOUBT_MARK = " ⚠"
PLAIN_LIST = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s*\]")
LINE_BREAK = re.compile(r"\s*\n\s*")


def write_json(path: Path, value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON, keys as they come, a list of plain values in one line.

    Raises:
        ArtifactError: The file cannot be written.
    """
    text = json.dumps(value, indent=1)
    text = PLAIN_LIST.sub(lambda found: f"[{LINE_BREAK.sub(' ', found[1])}]", text)
    write_file(path, lambda aside: aside.write_text(text + "\n", encoding="utf-8"))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the lines of a Markdown file.

    Raises:
        ArtifactError: The file cannot be written.
    """
    text = "\n".join(lines) + "\n"
    write_file(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def table_lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a Markdown table between empty lines; all columns but the first hold numbers."""
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|---{'|---:' * (len(heads) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def opening_lines(report: Mapping[str, Any], *paragraphs: str) -> Iterator[str]:
    """Yield the title of a report, paragraphs, and by what it was made."""
    yield f"# {report['title']}"
    for paragraph in paragraphs:
        yield ""
        yield paragraph
    yield ""
    made = f"Made on {report['date']} by `{report['command']}`{name_code(report)}"
    yield f"{made} ({report['device']})."


def table_opening_lines(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the heading of a data set and who was asked."""
    yield ""
    yield f"## {name}"
    yield ""
    yield f"{table['people']} people, split `{table['split_hash']}`."


def plot_lines(title: str, report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pictures of a report or a table, if any were drawn."""
    for plot in report.get("plots", []):
        yield ""
        yield f"![{title}: {plot}]({plot})"


def comparison_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Markdown of a described comparison."""
    trained, budget = report["trained_on"], report["minutes_per_model"]
    yield from opening_lines(
        report,
        f"Protocol {report['protocol']}: {report['note']}. Fitted on {trained['ratings']:,} "
        f"ratings of {trained['people']:,} people, where an entry does not say otherwise. The full "
        "catalogue is ranked, seen movies are left out, ties rank worst. Brackets are 95 % "
        "bootstrap intervals over people; ± is the standard deviation over seeds, of which every "
        "figure is then the mean (a person's metric is averaged over seeds before bootstrapping). "
        + (f"Models trained by steps had {budget:g} CPU minutes each at most. " if budget else "")
        + "Leads are paired: the same people are drawn for both.",
    )
    yield from _doubt_lines(report["models"])
    for name, table in report["data_sets"].items():
        yield from _data_set_lines(name, table, report)
    yield from training_lines(report["models"])
    yield "## Options"
    yield ""
    yield from (_option_line(label, entry) for label, entry in report["models"].items())


def _doubt_lines(models: Mapping[str, Any]) -> Iterator[str]:
    doubted = {label: entry["doubt"] for label, entry in models.items() if entry["doubt"]}
    for label, doubt in doubted.items():
        yield ""
        yield f"**{label}{DOUBT_MARK} is no fair rival here: {doubt}.**"
    others = [label for label, entry in models.items() if entry["of_other_code"]]
    if others:
        yield ""
        yield f"Answers of an earlier version of the code: {', '.join(others)}."


def _data_set_lines(
    name: str, table: Mapping[str, Any], report: Mapping[str, Any]
) -> Iterator[str]:
    yield from table_opening_lines(name, table)
    absent = [label for label in report["models"] if label not in table["models"]]
    if absent:
        yield ""
        yield f"Not asked: {', '.join(absent)}. It needs clock times; some here tell order alone."
    yield from plot_lines(name, table)
    yield from _headline_lines(table, report)
    yield from _verdict_lines(table, report["compare_to"])
    yield "More metrics, and Hit@10 and NDCG@10 where every history is shuffled:"
    heads = [*map(title_of, MORE_METRICS), *(f"{title_of(m)}, shuffled" for m in SHOWN_METRICS)]
    yield from table_lines(
        ["model", *heads],
        (
            [
                _mark(label, report),
                *(f"{row['metrics'][metric]:.3f}" for metric in MORE_METRICS),
                *(f"{row['shuffled_histories'][metric]:.3f}" for metric in SHOWN_METRICS),
            ]
            for label, row in table["models"].items()
        ),
    )
    yield from _length_lines(table, report)
    yield from _genre_lines(table, report)


def _headline_lines(table: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    rows, compare_to, over = table["models"], report["compare_to"], report["relative_to"]
    popular = [label for label, entry in report["models"].items() if entry["model"] == "popularity"]
    heads = ["model", "Hit@10", "× popularity", "NDCG@10"]
    heads += [f"{compare_to} leads by ({title_of(metric)})" for metric in SHOWN_METRICS]
    heads += [f"NDCG@10 over {over}"] if over else []
    floor = rows[popular[0]]["metrics"]["hit@10"] if popular and popular[0] in rows else 0.0

    def cells(label: str, row: Mapping[str, Any]) -> Iterator[str]:
        yield _mark(label, report)
        yield measured(row, "hit@10")
        yield f"{row['metrics']['hit@10'] / floor:.1f}" if floor else ""
        yield measured(row, "ndcg@10")
        for metric in SHOWN_METRICS:
            yield signed(row["behind"].get(metric))
        if over:
            yield percent(row["over_relative_to"].get("ndcg@10"))

    yield from table_lines(heads, ([*cells(label, row)] for label, row in rows.items()))


def _verdict_lines(table: Mapping[str, Any], compare_to: str) -> Iterator[str]:
    for metric, found in table["runner_up"].items():
        if found is not None:
            yield (
                f"- {title_of(metric)}: the runner-up is {found['label']}; {compare_to} leads it "
                f"by {signed(found['lead'])}, {percent(found['relative_lead'])}."
            )
    yield from (_describe_height(height, compare_to) for height in table["heights"])
    yield ""


def _describe_height(height: Mapping[str, Any], compare_to: str) -> str:
    aim = ""
    if height["aim"] is not None:
        aim = f"; aim {height['aim']:g}: {'reached' if height['aim_met'] else 'not reached'}"
    must = "met" if height["must_met"] else "not met"
    reached = "unknown" if height["reached"] is None else f"{height['reached']:.4f}"
    if height["over"] is not None and height["interval"] is not None:
        low, high = height["interval"]
        reached = f"{height['reached']:.2f} [{low:.2f}, {high:.2f}] times that of {height['over']}"
    return (
        f"- {title_of(height['metric'])} of {compare_to}: {reached}; "
        f"must {height['must']:g}, surely ahead of the runner-up: {must}{aim}."
    )


def _length_lines(table: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    rows = table["models"]
    segments = next(iter(rows.values()))["by_history_length"]
    yield "By movies in the history, Hit@10 / NDCG@10:"
    yield from table_lines(
        ["model", *(f"{name} ({found['people']} people)" for name, found in segments.items())],
        (
            [
                _mark(label, report),
                *(
                    " / ".join(f"{found[metric]:.3f}" for metric in SHOWN_METRICS)
                    for found in row["by_history_length"].values()
                ),
            ]
            for label, row in rows.items()
        ),
    )


def _genre_lines(table: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    rows, compare_to = table["models"], report["compare_to"]
    runner_up = table["runner_up"]["hit@10"]
    wanted = [compare_to, runner_up["label"] if runner_up else None]
    labels = [label for label in wanted if label in rows]
    if not labels:
        return
    yield "By genre of the target, each target by itself: the part of them in the top 10:"
    genres = rows[labels[0]]["by_target_genre"]
    yield from table_lines(
        ["genre", "targets", *labels],
        (
            [
                genre,
                f"{found['targets']:.0f}",
                *(f"{rows[label]['by_target_genre'][genre]['hit@10']:.3f}" for label in labels),
            ]
            for genre, found in genres.items()
        ),
    )


def training_lines(models: Mapping[str, Any]) -> Iterator[str]:
    """Yield how long and how far each model of a report was trained."""
    yield "## Training"
    yield ""
    yield (
        "Minutes are of CPU, all threads together; on another device they are by the clock, and "
        "those of a loaded model are as its card tells them. Beside them stand those until the "
        "validation NDCG@10 first was 98 % of its best. What a budget of minutes ends does not "
        "repeat to the digit."
    )

    def cells(label: str, entry: Mapping[str, Any]) -> Iterator[str]:
        training = entry["training"]
        yield label
        yield ", ".join(map(str, entry["seeds"])) or "own"
        yield number(training["minutes"], ".2f")
        yield number(training["minutes_to_near_best"], ".2f")
        yield number(training["epochs"], ".3g")
        yield number(training["best_epoch"], ".3g")
        yield number(training["parameters"], ",.0f")
        yield training["device"] or ""

    heads = ["model", "seeds", "CPU minutes", "to 98 %"]
    heads += ["epochs", "best epoch", "parameters", "device"]
    yield from table_lines(heads, ([*cells(label, entry)] for label, entry in models.items()))


def _option_line(label: str, entry: Mapping[str, Any]) -> str:
    parts = [f"`{entry['model']}`"]
    parts += [f"{key} = {value}" for key, value in entry["options"].items()]
    if entry["fit_on"]:
        parts.append(f"fitted on {', '.join(entry['fit_on'])} alone")
    if entry["origin"]:
        parts.append(entry["origin"])
    return f"- {label}: {', '.join(parts)}"


def _mark(label: str, report: Mapping[str, Any]) -> str:
    return f"{label}{DOUBT_MARK}" if report["models"][label]["doubt"] else label


def title_of(metric: str) -> str:
    """Return how tables write a metric: NDCG@10 for ndcg@10."""
    name, at, k = metric.partition("@")
    return f"{TITLES.get(name, name.capitalize())}{at}{k}"


def measured(row: Mapping[str, Any], metric: str) -> str:
    """Return a mean with its interval and, where there are seeds, their spread."""
    low, high = row["intervals"][metric]
    spread = row["spread"].get(metric)
    seeds = "" if spread is None else f" ± {spread:.3f}"
    return f"{row['metrics'][metric]:.3f}{seeds} [{low:.3f}, {high:.3f}]"


def signed(lead: Sequence[float] | None) -> str:
    """Return a difference [mean, low, high] with its sign; nothing for None."""
    return "" if lead is None else f"{lead[0]:+.3f} [{lead[1]:+.3f}, {lead[2]:+.3f}]"


def percent(lead: Sequence[float] | None) -> str:
    """Return a relative lead [part, low, high] in per cent; nothing for None."""
    return "" if lead is None else f"{lead[0]:+.1%} [{lead[1]:+.1%}, {lead[2]:+.1%}]"


def number(value: float | None, how: str) -> str:
    """Return a number in a format; nothing for None."""
    return "" if value is None else format(value, how)
