"""Writes the rows: JSON for programs, a table and a plot for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from recommender.ml.code_version import describe_code
from tests.load.rows import PageRow, Row

# The paper this project grew out of claims these, on an Apple M1 with 27,278 films.
PAPER_CLAIMS = (
    ("api cached c1", "End-to-End (cached)", 75.0, 98.0, 118.0, 145.0),
    ("api cold c1", "End-to-End (cold)", 243.0, 320.0, 402.0, 485.0),
    ("stage encoder", "Transformer Forward", 45.0, 62.0, 78.0, 95.0),
    ("stage scoring", "Candidate Scoring", 28.0, 38.0, 48.0, 62.0),
    ("stage top-k", "Top-K Selection", 8.0, 12.0, 16.0, 22.0),
)
PAPER_RATES = (
    ("api 90% hits c16", "With Redis Cache (90% hit)", 156.2),
    ("api cold c16, 4 web processes", "4 Workers", 48.7),
)
MOST_QUERIES, MOST_PAGE_MS = 12, 60.0
MISSED = "**missed**"
# Name, field, must, aim, whether more is better.
TARGETS = (
    ("model 62k", "p95_ms", 5.0, 2.5, False),
    ("api cold c1", "p95_ms", 15.0, 8.0, False),
    ("api cached c1", "p95_ms", 5.0, 2.0, False),
    ("api cached c16", "ratio", 0.5, 0.9, True),
    ("api cold c16", "per_second", 250.0, 500.0, True),
    ("api cold reasons c1", "p95_ms", 60.0, 25.0, False),
    ("home warm", "p95_ms", 60.0, 25.0, False),
    ("rating visible in next response", "value", 1.0, 1.0, True),
    ("web memory", "value", 200.0, 150.0, False),
    ("slowest page", "p95_ms", MOST_PAGE_MS, 45.0, False),
    ("most queries of a page", "value", MOST_QUERIES, MOST_QUERIES, False),
)
# What other work on the machine does not change.
STEADY = ("rating visible in next response",)
# What the rows of pages say one by one.
OF_PAGES = ("slowest page", "most queries of a page")


def claim_rows() -> list[Row]:
    """Return the paper's figures as rows that say whose they are."""
    told = "claimed by the paper for an Apple M1 and 27,278 films; not measured here"
    rows = [
        Row(f"paper's claim: {title}", p50, p95, p99, top, conditions=told)
        for _, title, p50, p95, p99, top in PAPER_CLAIMS
    ]
    return rows + [
        Row(f"paper's claim: {title}", per_second=rate, conditions=told)
        for _, title, rate in PAPER_RATES
    ]


def list_missed(rows: Sequence[Row], *, with_times: bool) -> list[str]:
    """Return in words which musts are missed by what was measured.

    Times, rates and memory are looked at only `with_times`. Of queries each page that takes too
    many is named.
    """
    by_name, missed = {row.name: row for row in rows}, []
    for name, field, must, aim, is_more in TARGETS:
        if name not in by_name or name in OF_PAGES or not (with_times or name in STEADY):
            continue
        value = getattr(by_name[name], field)
        if _judge(value, must, aim, is_more=is_more) == MISSED:
            told = f"{name}: {field} is {_show(value)}, must be {must:g} or "
            missed.append(told + ("more" if is_more else "less"))
    for row in rows:
        if not isinstance(row, PageRow):
            continue
        if row.queries > MOST_QUERIES:
            missed.append(f"{row.name}: {row.queries} queries, must be {MOST_QUERIES} or less")
        if with_times and (row.p95_ms or 0.0) > MOST_PAGE_MS:
            told = f"{row.name}: p95_ms is {_show(row.p95_ms)}, must be {MOST_PAGE_MS:g} or less"
            missed.append(told)
    return missed


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """Write all rows, and the commit of the code they are of."""
    report = {**describe_code(), "rows": [dataclasses.asdict(row) for row in rows]}
    text = json.dumps(report, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def make_tables(rows: Sequence[Row], *, machine: str) -> str:
    """Return the Markdown page."""
    by_name = {row.name: row for row in rows}
    parts = ["# What it costs: `make bench`", "", machine, "", "## What is asked for", ""]
    parts += ["| row | figure | measured | must | aim | |", "|---|---|---|---|---|---|"]
    for name, field, must, aim, is_more in TARGETS:
        value = getattr(by_name[name], field) if name in by_name else None
        verdict = _judge(value, must, aim, is_more=is_more)
        parts.append(f"| {name} | {field} | {_show(value)} | {must:g} | {aim:g} | {verdict} |")
    parts += ["", "## All rows", ""]
    parts += [
        "| row | p50 ms | p95 ms | p99 ms | max ms | a second | value | ratio | conditions |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    others = [row for row in rows if not isinstance(row, PageRow)]
    parts += [_line(row) for row in others if not row.name.startswith("paper")]
    parts += ["", "## Pages", "", _PAGES_NOTE, ""]
    parts += [
        "| page | CPU p50 | CPU p95 | database p50 | database p95 | together p95 | queries | kB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    parts += [_page_line(row) for row in rows if isinstance(row, PageRow)]
    parts += ["", "## Beside the paper's claims", "", _PAPER_NOTE, ""]
    parts += ["| ours | p50 / p95 ms, or a second | the paper's claim | |", "|---|---|---|---|"]
    for name, title, p50, p95, *_ in PAPER_CLAIMS:
        if name in by_name:
            mine = by_name[name]
            ours = f"{_show(mine.p50_ms)} / {_show(mine.p95_ms)}"
            parts.append(f"| {name} | {ours} | {p50:g} / {p95:g} | {title} |")
    for name, title, rate in PAPER_RATES:
        if name in by_name:
            ours = _show(by_name[name].per_second)
            parts.append(f"| {name} | {ours} | {rate:g} | {title} |")
    return "\n".join(parts) + "\n"


_PAGES_NOTE = (
    "Milliseconds of the web process' CPU and of its Postgres backend's, for members with some 300"
    " ratings, diary, lists and movie nights; queries at most; bytes of the HTML, compressed."
)
_PAPER_NOTE = (
    "The right-hand figures are the paper's own claims, for another machine (Apple M1), a smaller"
    " catalogue (27,278 films) and another network. Nobody here measured them."
)


def _judge(value: float | None, must: float, aim: float, *, is_more: bool) -> str:
    if value is None:
        return "not measured"
    sign = 1 if is_more else -1
    if sign * value >= sign * aim:
        return "aim reached"
    return "reached" if sign * value >= sign * must else MISSED


def _line(row: Row) -> str:
    figures = [row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms, row.per_second]
    value = f"{_show(row.value)} {row.unit}" if row.value is not None else ""
    ratio = f"{row.ratio:.2f} × {row.ratio_to}" if row.ratio is not None else ""
    cells = [row.name, *map(_show, figures), value, ratio, row.conditions]
    return "| " + " | ".join(cells) + " |"


def _page_line(row: PageRow) -> str:
    figures = [
        row.cpu_p50_ms, row.cpu_p95_ms, row.database_p50_ms, row.database_p95_ms, row.p95_ms,
    ]  # fmt: skip
    cells = [row.name.removeprefix("page: "), *(f"{figure:.1f}" for figure in figures)]
    return "| " + " | ".join([*cells, str(row.queries), f"{row.kilobytes:.1f}"]) + " |"


def _show(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def write_plot(path: Path, rows: Sequence[Row]) -> None:
    """Draw the latencies of all timed rows, p50 to p99, on a logarithmic axis."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    timed = [row for row in rows if row.p50_ms and not row.name.startswith(("batch", "page:"))][
        ::-1
    ]
    figure, axes = plt.subplots(figsize=(9, 0.28 * len(timed) + 1.2))
    for place, row in enumerate(timed):
        p50, p95, p99 = row.p50_ms or 0.0, row.p95_ms or 0.0, row.p99_ms or 0.0
        colour = "#999999" if row.name.startswith("paper") else "#1f6f8b"
        axes.plot([p50, p99], [place, place], color=colour, linewidth=2)
        axes.plot(p50, place, "o", color=colour)
        axes.plot(p95, place, "|", color=colour, markersize=12, markeredgewidth=2)
    axes.set_yticks(range(len(timed)), [row.name for row in timed], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds: p50 (dot), p95 (bar), p99 (end); grey: the paper's claims")
    axes.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
