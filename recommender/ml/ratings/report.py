"""Measured predicted stars as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.ml.code_version import name_code
from recommender.ml.files import write_file


def write_rating_markdown(path: Path, report: Mapping[str, Any]) -> None:
    """Write the tables of `evaluate-ratings`.

    Raises:
        ArtifactError: The file cannot be written.
    """
    text = "\n".join(_lines(report)) + "\n"
    write_file(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    head = report["head"]
    yield f"# {report['title']}"
    yield ""
    yield (
        "How near predicted stars come to the last five ratings of people never trained on, "
        "given their ratings before. The head was fitted to "
        f"{head['ratings']:,} ratings of {head['people']:,} people and calibrated on "
        f"{head['calibration_answers']:,} answers of {head['calibration_people']:,} people that a "
        f"first fit had not seen, in {head['seconds']:.0f} s. Simpler predictors are fitted to the "
        "same people; the shrinkages of the biases are those with the least error on validation "
        "people. Brackets are 95 % bootstrap intervals of the paired difference, "
        "over people."
    )
    yield ""
    yield f"Made on {report['date']} by `{report['command']}`{name_code(report)}."
    yield ""
    yield (
        "Log-likelihood is in nats per rating: of a predictor without ranges, under one deviation "
        "for everybody (that of its errors on the validation people), of the head under its own "
        "distribution, and beside it with one deviation too. That some people give whole stars "
        "alone is known to all of them."
    )
    for name, table in report["tables"].items():
        yield from _table_lines(name, table)
    yield from _reliability_lines(report["tables"]["all"])


def _table_lines(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    rows = table["rows"]
    first = next(iter(rows.values()))
    yield ""
    yield f"## {name}"
    yield ""
    yield f"{first['people']} people, {first['ratings']:,} ratings."
    yield ""
    yield (
        "| predictor | RMSE | MAE | log-likelihood | head's RMSE less this | "
        "head's MAE less this | head's log-likelihood less this |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for label, row in rows.items():
        lead = table["leads"].get(label)
        cells = [label, *(f"{row[key]:.4f}" for key in ("rmse", "mae", "log_likelihood"))]
        cells += (
            [_difference(*lead[key]) for key in ("rmse", "mae", "log_likelihood")]
            if lead
            else [""] * 3
        )
        yield f"| {' | '.join(cells)} |"
    held = ", ".join(
        f"{level} {share:.1%} [{first['coverage_interval'][level][0]:.1%}, "
        f"{first['coverage_interval'][level][1]:.1%}]"
        for level, share in first["coverage"].items()
    )
    yield ""
    yield (
        f"Intervals that held, of those said to hold so often: {held}. Mean width of the 80 % "
        f"range {first['mean_width_80']:.2f} stars. The head with one deviation for everybody has "
        f"log-likelihood {first['log_likelihood_fixed_deviation']:.4f}. Four stars or more: Brier "
        f"score {first['brier_liking']:.4f}, of their share alone "
        f"{first['brier_liking_constant']:.4f}."
    )


def _reliability_lines(table: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "## Four stars or more, predicted and given (all)"
    yield ""
    yield "| ratings | predicted | given |"
    yield "|---:|---:|---:|"
    for row in next(iter(table["rows"].values()))["liking"]:
        yield f"| {row['ratings']:,} | {row['predicted']:.1%} | {row['happened']:.1%} |"


def _difference(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"
