"""The tables of cold films and cold people as one JSON file and one page of Markdown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recommender.ml.code_version import describe_code, name_code
from recommender.ml.errors import UsageError
from recommender.ml.files import write_file
from recommender.ml.lab.report import write_json

WITHHELD = {
    "drawn": (
        "Withheld: a tenth of the films that at least 20 people trained on rated, drawn by a hash."
    ),
    "newest": (
        "Withheld: the newest tenth, by whole years, of the films that at least 10 people of "
        "ml-latest-2023 rated; asked of that set's held-out people."
    ),
}


def keep_part(path: Path | None, part: str, found: Mapping[str, Any]) -> None:
    """Write one part (`films` or `people`) into the JSON file, the other staying as it is there.

    The page of the same name with `.md` is made anew. Without a path the page goes to stdout.

    Raises:
        UsageError: The file there holds something else.
        ArtifactError: A file cannot be written.
    """
    report = _read(path)
    report[part] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", **describe_code(), **found}
    text = "\n".join(report_lines(report)) + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    write_json(path, report)
    write_file(path.with_suffix(".md"), lambda aside: aside.write_text(text, encoding="utf-8"))


def _read(path: Path | None) -> dict[str, Any]:
    if path is None or not path.exists():
        return {}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path}: is no JSON: {error}; delete it or give another --json"
        ) from error
    if not isinstance(report, dict) or set(report) - {"films", "people"}:
        raise UsageError(f"{path}: holds other tables; give another --json")
    return report


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# New films and new people"
    yield ""
    yield (
        "All of it is asked of people never trained on (10 % by a stable hash). The full catalogue "
        "is ranked, films seen are left out, ties rank worst. Brackets are 95 % bootstrap "
        "intervals over people."
    )
    if "films" in report:
        yield from _film_lines(report["films"])
    if "people" in report:
        yield from _people_lines(report["people"])


def _film_lines(films: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "## New films"
    yield ""
    yield f"Made on {films['date']} by `{films['command']}`{name_code(films)}."
    yield ""
    yield (
        "A small network was trained without any rating of the withheld films. Each question asks "
        "for one film that a held-out person watched, after at least five others: up to the last "
        'five withheld ones of each person ("new"), and of the same people up to the last five '
        'others ("known"). The rating counts are of people trained on, who also watched 15 films '
        "before and 5 after it; the delta is trained by the fine-tuning that the site runs. Tags "
        "are those of people trained on."
    )
    for name, table in films["tables"].items():
        yield ""
        yield f"### {name}"
        yield ""
        yield (
            f"{WITHHELD.get(name, '')} {table['withheld_films']} films; {table['people']} people "
            f"asked {table['cold_questions']:,} times for them and {table['warm_questions']:,} "
            f"times for others; split `{table['split_hash']}`."
        )
        yield ""
        yield (
            "| rows of the new films | new, among all: HR@10 | NDCG@10 | new, among new: HR@10 "
            "| NDCG@10 | known: HR@10 | NDCG@10 | change of NDCG@10 by the rows |"
        )
        yield "|---|---:|---:|---:|---:|---:|---:|---:|"
        for label, row in table["rows"].items():
            yield _film_row(label, row)


def _film_row(label: str, row: Mapping[str, Any]) -> str:
    cells = [label]
    for part in ("among_all", "among_withheld", "warm"):
        cells += [
            _interval(row[part][metric]) if part in row else "" for metric in ("hr@10", "ndcg@10")
        ]
    cells.append(_signed(row["warm_change"]["ndcg@10"]) if "warm_change" in row else "")
    return f"| {' | '.join(cells)} |"


def _people_lines(people: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "## New people"
    yield ""
    made = f"Made on {people['date']} by `{people['command']}`{name_code(people)}"
    yield f"{made}; {people['model']}."
    yield ""
    yield people["note"]
    for name, table in people["tables"].items():
        yield ""
        yield f"### {name}"
        yield ""
        yield f"{table['people']} people, split `{table['split_hash']}`."
        sets = list(next(iter(table["rows"].values()))["data_sets"])
        yield ""
        yield f"| | Hit@10 | NDCG@10 | served leads by (NDCG@10) | {' | '.join(sets)} |"
        yield f"|---|---:|---:|---:|{'---:|' * len(sets)}"
        for label, row in table["rows"].items():
            cells = [label, _interval(row["hit@10"]), _interval(row["ndcg@10"], 4)]
            cells.append(_signed(row["served_leads"]) if "served_leads" in row else "")
            cells += [f"{hit:.3f} / {ndcg:.4f}" for hit, ndcg in row["data_sets"].values()]
            yield f"| {' | '.join(cells)} |"


def _interval(found: list[float], digits: int = 3) -> str:
    mean, low, high = found
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _signed(found: list[float]) -> str:
    mean, low, high = found
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"
