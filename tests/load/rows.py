"""The rows of `build/bench.json`: how they are made of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.load.client import Load

RUNS = 5


@dataclass
class Row:
    """One measured thing; milliseconds, and None where a field does not apply."""

    name: str
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    per_second: float | None = None
    ratio_to: str | None = None
    ratio: float | None = None
    value: float | None = None
    unit: str | None = None
    conditions: str = ""


@dataclass
class PageRow(Row):
    """The cost of a page: `p50_ms` and the like are CPU of web process and database together."""

    cpu_p50_ms: float = 0.0
    cpu_p95_ms: float = 0.0
    database_p50_ms: float = 0.0
    database_p95_ms: float = 0.0
    queries: int = 0
    kilobytes: float = 0.0


def median(values: Sequence[float]) -> float:
    """Return the median, rounded to what a reader can use."""
    return round(float(np.median(values)), 4)


def summarise(name: str, runs: Sequence[Sequence[float]], conditions: str) -> Row:
    """Return a row of the medians over runs of each run's percentiles; latencies in seconds."""
    percentiles = np.array([np.percentile(run, [50, 95, 99, 100]) for run in runs]) * 1000
    p50, p95, p99, top = (median(column) for column in percentiles.T)
    rates = [len(run) / sum(run) for run in runs]
    return Row(name, p50, p95, p99, top, median(rates), conditions=conditions)


def summarise_loads(name: str, loads: Sequence[Load], conditions: str) -> Row:
    """Return a row of runs through the web server; the rate is that of all connections together."""
    row = summarise(name, [load.latencies for load in loads], conditions)
    row.per_second = median([load.per_second for load in loads])
    return row


def relate(row: Row, others: Sequence[Load], mine: Sequence[Load], *, to: str) -> Row:
    """Give a row the median over runs of its rate as a share of another's in the same run."""
    row.ratio_to = to
    row.ratio = median(
        [load.per_second / other.per_second for load, other in zip(mine, others, strict=True)]
    )
    return row


def state_value(name: str, value: float, unit: str, conditions: str = "") -> Row:
    """Return a row that is a single number."""
    return Row(name, value=round(value, 4), unit=unit, conditions=conditions)
