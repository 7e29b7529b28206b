"""What the audience's experiments showed, as a page of Markdown, and whether it is what must be."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.experiments.tables import format_replay, format_report
from recommender.ml.code_version import name_code


@dataclass(frozen=True)
class About:
    """What was run."""

    people: int
    rows_people: int
    seconds: float
    command: str
    date: str
    model: str
    account_every: int
    code: dict[str, Any]


def describe(reports: Sequence[dict[str, Any]], about: About) -> str:
    """Return the page of the A/A, the A/B and the experiment on rows."""
    same, other, rows = reports
    total = sum(report["requests"] for report in reports)
    lines = [
        "# Experiments with a simulated audience",
        "",
        f"Made on {about.date} by `{about.command}`{name_code(about.code)}, with the shipped model "
        f"of {about.model}.",
        "",
        f"{about.people} people in each of the first two, {about.rows_people} in the third, "
        "drawn from real histories that were never trained on, used a running site over HTTP: "
        f"{total:,} requests in {about.seconds:.0f} s. One in {about.account_every} of the first "
        "two signed up and went on with an API token, all others were guests of a browser. Each "
        "told ten films with their true stars, then asked four times for films (guests once by "
        "the home page), opened and rated what they truly watched among their next ten, and hid "
        "what they truly rated two stars or less later on.",
        "",
        "## A/A: two arms alike",
        "",
        format_report(same),
        "## A/B: the shipped Transformer against popularity",
        "",
        format_report(other),
        "Rates are shares of impressions, with Wilson's interval at the effective number of "
        "impressions (clustered by person, delta method). The fixed-horizon interval holds for one "
        "look at the end, which this is; the always-valid one for looks at any time. The "
        "popularity arm orders films by the demo set's counts, to which some of these people "
        "contributed, among films of the genres and years a person likes; it shows fewer films "
        "that these people ever watched, and only what one watched can one hide here.",
        "",
        *_describe_rows(rows),
    ]
    return "\n".join(lines)


def _describe_rows(rows: dict[str, Any]) -> Iterator[str]:
    found = rows["replay"]
    logged = sum(row["first"] for row in found["rows"].values())
    yield "## Rows of the home page: a contextual bandit"
    yield ""
    yield (
        "Visitors look at the home page up to eight times, by phone or desktop, on sites whose "
        "clocks stand in different parts of the day, and look through the row that stands first, "
        "alone: they open and rate what they truly watched among their next ten films. One arm "
        "puts a row first at random, the other by Thompson sampling, learning after every 25 "
        "visitors."
    )
    yield ""
    yield format_report(rows)
    yield (
        f"Replay (Li et al. 2011) of the {logged:,} pages that were arranged at random, for "
        f"{found['people']} people in {len(found['contexts'])} contexts: what a policy would have "
        "got. A page counts as clicked where, within half an hour, somebody opens or likes a film "
        "of the kind of row that came first. Intervals are bootstraps over people, each draw "
        "replayed anew."
    )
    yield ""
    yield format_replay(found["policies"])
    yield ""
    yield "| row put first at random | pages | clicked |"
    yield "| --- | --- | --- |"
    for name, row in found["rows"].items():
        yield f"| {name} | {row['first']} | {100 * row['clicked'] / row['first']:.1f} % |"
    yield ""
    yield (
        "What these people do depends on the films alone, not on the time or the device, so "
        "nothing can be won here by telling contexts apart; each is learnt by itself all the same."
    )
    yield ""


def judge(reports: Sequence[dict[str, Any]]) -> int:
    """Return 0 where A/A shows no effect, A/B shows one, and people were assigned fairly."""
    same, other, rows = reports
    is_quiet = all(
        found["always_valid"]["low"] <= 0 <= found["always_valid"]["high"]
        for found in same["differences"]
        if found["always_valid"]["low"] is not None
    )
    bounds = {found["metric"]: found["fixed_horizon"]["low"] for found in other["differences"]}
    is_better = all((bounds[metric] or 0) > 0 for metric in ("click rate", "acceptance"))
    is_fair = min(report["mismatch_p"] for report in reports) > 0.001
    for text, holds in (
        ("A/A shows no effect", is_quiet),
        ("the Transformer beats popularity", is_better),
        ("people were assigned by the shares", is_fair),
        ("pages arranged at random can be replayed", bool(rows["replay"]["policies"])),
    ):
        sys.stdout.write(f"{'yes' if holds else 'NO '}  {text}\n")
    return 0 if is_quiet and is_better and is_fair else 1
