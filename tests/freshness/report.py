"""The report of freshness as a page of Markdown, and in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from recommender.ml.code_version import name_code
from tests.freshness.figures import FROZEN, RETRAINED, TUNED

NOT_CLAIMED = "not claimed"
DASH = ""


def format_report(report: dict[str, Any], *, picture: str) -> str:
    """Return the page."""
    about, pooled = report["about"], report["pooled"]
    lines = [
        "# Freshness",
        "",
        f"Made on {about['date']} by `{about['command']}`{name_code(about)}: "
        f"{about['people']:,} people, {about['ratings']:,} ratings with true times; network of "
        f"`{about['config']}.toml`.",
        "",
        "A model is trained to a cut-off T, and asked about the year after it three ways: frozen; "
        "fine-tuned by the job of the site, on a real database in which the people of that year go "
        "on rating; trained anew at every point. The protocol stands in `tests/freshness`.",
        "",
        f"Steps of {about['months']} months; questions from the second step on. NDCG@10 and Hit@10 "
        "are means over people of the next film in the full catalogue, films seen left out. "
        "Brackets are 95 % paired bootstrap intervals over people. The share of the retrain's gain "
        "that fine-tuning recovers is given where that gain is significant. Fine-tuning also "
        "trains the frozen model on old ratings some more, so part of its gain may be that; what "
        "it gains on films new since T is not.",
        "",
        f"![Freshness]({picture})",
        "",
        "## Pooled",
        "",
        *_table("questions", pooled.items()),
        "",
        "## By cut-off",
        "",
        *_table("T", ((f"{one['year']}-01-01", one) for one in report["windows"])),
        "",
        *_describe_costs(report),
        *_describe_old(report["old_users"]),
        *_describe_verdicts(report["verdicts"]),
        "",
    ]
    return "\n".join(lines)


def _describe_verdicts(verdicts: Sequence[dict[str, Any]]) -> list[str]:
    return [
        "## What must hold",
        "",
        "Judged by the ends of the intervals: “yes” or “NO” where the whole interval says so, "
        "“not shown” where it holds both. No share is claimed where the retrain's own gain is not "
        "surely above 0; of single cut-offs those stand here whose gain is.",
        "",
        *_format_verdicts(verdicts),
    ]


def _format_verdicts(verdicts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each; those of which nothing can be claimed stand last."""
    words = {True: "yes", False: "NO", None: "not shown"}
    for one in sorted(verdicts, key=lambda one: one["value"] is None):
        if one["value"] is None:
            yield f"- {NOT_CLAIMED}: {one['text']}"
        else:
            form = ".0%" if "recovers" in one["text"] else "+.1%"
            yield f"- {words[one['holds']]}: {one['text']}: {_interval(one['value'], form)}"


def _table(first: str, groups: Any) -> Iterator[str]:
    yield (
        f"| {first} | people | asked | NDCG@10 {FROZEN} | {TUNED} | {RETRAINED} | gain of the "
        "retrain | share recovered | Hit@10 frozen / tuned / retrained | share recovered |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for name, group in groups:
        if group is None or "ndcg@10" not in group:
            yield f"| {name} | 0 | 0 | | | | | | | |"
            continue
        ndcg, hit = group["ndcg@10"], group["hit@10"]
        cells = [
            name,
            f"{group['people']:,}",
            f"{group['questions']:,}",
            *(f"{value:.4f}" for value in ndcg["means"].values()),
            _interval(ndcg["gain_retrained"], "+.4f"),
            _share(ndcg["share"]),
            " / ".join(f"{value:.3f}" for value in hit["means"].values()),
            _share(hit["share"]),
        ]
        yield f"| {' | '.join(cells)} |"


def _share(share: Sequence[float] | None) -> str:
    return NOT_CLAIMED if share is None else _interval(share, ".0%")


def _interval(values: Sequence[float], form: str) -> str:
    mean, low, high = (format(value, form) for value in values)
    return f"{mean} [{low}, {high}]"


def _describe_costs(report: dict[str, Any]) -> Iterator[str]:
    found = report["seconds"]
    most = report["about"]["max_seconds"]
    statuses = ", ".join(f"{count} {status}" for status, count in found["statuses"].items())
    yield "## Cost"
    yield ""
    yield (
        f"{found['points']} points of refreshing: {statuses}. The job's seconds are those of all "
        "it does: reading the database, content of new films, training, guardrail, export and "
        f"publishing; its training takes {most} s by the clock at most, fewer steps on a busy "
        "machine. CPU seconds are this process's alone, without Postgres."
    )
    yield ""
    yield "| | job, median | full retrain, median | job ÷ retrain, all points |"
    yield "|---|---:|---:|---:|"
    for name, unit in (("seconds", "seconds"), ("CPU seconds", "cpu_seconds")):
        one = found[unit]
        yield (
            f"| {name} | {one['job_median']:.1f} | {one['retrain_median']:.1f} "
            f"| {one['ratio_of_sums']:.2f} |"
        )
    yield ""
    yield (
        "| T | step | new ratings | asked | job | its steps | new films | guardrail | job, s | "
        "retrain, s |"
    )
    yield "|---|---:|---:|---:|---|---:|---:|---:|---:|---:|"
    for window in report["windows"]:
        for number, step in enumerate(window["steps"], start=1):
            yield _describe_step(window["year"], number, step)
    yield ""


def _describe_step(year: int, number: int, step: dict[str, Any]) -> str:
    training = step["training"]
    guard = training.get("guardrail") or {}
    moved = f"{guard['base']:.4f} → {guard['finetuned']:.4f}" if guard else DASH
    return (
        f"| {year}-01-01 | {number} | {step['ratings']:,} | {step['questions']:,} "
        f"| {step['status']} | {training.get('steps', DASH)} | {training.get('new_films', DASH)} "
        f"| {moved} | {step['job']['seconds']:.1f} | {step['retrain']['seconds']:.1f} |"
    )


def _describe_old(old: dict[str, Any]) -> Iterator[str]:
    yield "## Old users"
    yield ""
    yield (
        "People the frozen model was trained on: what fine-tuning for others changes for them. "
        "Those whose histories ended before T are asked for films that the frozen model was "
        "trained on, so what it forgets of them counts as a loss."
    )
    yield ""
    yield f"| people | of them | asked | NDCG@10 {FROZEN} | {TUNED} | change |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, found in old.items():
        if found is None:
            yield f"| {name} | 0 | 0 | | | |"
            continue
        change = DASH if found["change"] is None else _interval(found["change"], "+.1%")
        means = found["means"]
        yield (
            f"| {name} | {found['people']:,} | {found['questions']:,} | {means[FROZEN]:.4f} "
            f"| {means[TUNED]:.4f} | {change} |"
        )
    yield ""
