"""`bench MODEL_DIR`: what each item table costs and finds, at several sizes of catalogue."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommender.ml.code_version import describe_code
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.report import write_json
from recommender.ml.real_histories import read_held_out_sequences
from recommender.ml.scoring import TABLE_KINDS, ItemTable, TableKind, make_table

SIZES = (16_000, 62_423, 500_000)
NOISE = 0.25
REPEATS = 30
# As many as `recommending.REFINED`: the web site is not imported here.
REFINED = 300


@dataclass(frozen=True)
class TableFigures:
    """One table at one size: medians over people, one thread, batches of one.

    `recall_at_10` is of the table by itself, `refined_recall_at_10` once its best 300 are ordered
    by their exact scores, as serving does.
    """

    kind: TableKind
    items: int
    megabytes: float
    build_seconds: float
    cpu_ms: float
    wall_ms: float
    recall_at_10: float
    refined_recall_at_10: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    add_data_argument(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="items")
    parser.add_argument("--people", type=int, default=100, help="held-out people asked for")
    parser.add_argument("--json", type=Path, help="where to write the figures")


def run(options: argparse.Namespace) -> int:
    """Measure and print a table; write it where --json says."""
    model = InferenceModel.load(options.model_dir)
    directories = data_directories(options)
    sequences = read_held_out_sequences(model, directories, people=options.people)
    hidden = np.concatenate([model.encode([sequence]) for sequence in sequences])
    figures = []
    for size in options.sizes:
        vectors = resize_vectors(model.item_vectors, size)
        with threadpool_limits(1):
            for row in measure_tables(vectors, hidden):
                figures.append(row)
                sys.stdout.write(f"{_describe(row)}\n")
                sys.stdout.flush()
    if options.json is not None:
        rows = [dataclasses.asdict(row) for row in figures]
        write_json(options.json, {**describe_code(), "tables": rows})
    return 0


def resize_vectors(vectors: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return `size` vectors: real ones, then copies of random ones with noise.

    The noise is a quarter of the vectors' own spread in each dimension.
    """
    rng = np.random.default_rng(16)
    real = vectors[1 : size + 1]
    missing = size - len(real)
    copies = vectors[rng.integers(1, len(vectors), missing)]
    noise = rng.standard_normal(copies.shape, dtype=np.float32) * (NOISE * vectors[1:].std())
    return np.concatenate([real, copies + noise])


def measure_tables(
    vectors: NDArray[np.float32], hidden: NDArray[np.float32]
) -> Iterator[TableFigures]:
    """Yield the figures of each kind over these vectors (V, D), asked with hidden (B, D)."""
    exact = make_table("float32", vectors)
    best = [set(find_ten(exact, row).tolist()) for row in hidden]
    for kind in TABLE_KINDS:
        start = time.process_time()
        table = make_table(kind, vectors)
        built = time.process_time() - start
        found = [set(find_ten(table, row).tolist()) for row in hidden]
        refined = [set(refine_ten(table, vectors, row).tolist()) for row in hidden]
        cpu, wall = _time_scores(table, hidden)
        yield TableFigures(
            kind=kind,
            items=len(vectors),
            megabytes=round(table.nbytes / 1e6, 1),
            build_seconds=round(built, 2),
            cpu_ms=round(1000 * cpu, 3),
            wall_ms=round(1000 * wall, 3),
            recall_at_10=_mean_recall(found, best),
            refined_recall_at_10=_mean_recall(refined, best),
        )


def find_ten(table: ItemTable, hidden: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the ten items (10,) a table scores highest for one hidden state (D,), in no order."""
    scores = table.scores(hidden[None])[0]
    return np.argpartition(-scores, 9)[:10]


def refine_ten(
    table: ItemTable, vectors: NDArray[np.float32], hidden: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return the ten items (10,) with the highest exact scores among a table's best 300."""
    scores = table.scores(hidden[None])[0]
    size = min(REFINED, len(scores))
    best = np.argpartition(-scores, size - 1)[:size]
    ten: NDArray[np.int64] = best[np.argpartition(-(vectors[best] @ hidden), 9)[:10]]
    return ten


def _mean_recall(found: Sequence[set[int]], best: Sequence[set[int]]) -> float:
    shares = [len(a & b) / 10 for a, b in zip(found, best, strict=True)]
    return round(float(np.mean(shares)), 4)


def _time_scores(table: ItemTable, hidden: NDArray[np.float32]) -> tuple[float, float]:
    """Return the median CPU and wall seconds of scoring one hidden state."""
    spent = []
    for number in range(REPEATS):
        row = hidden[number % len(hidden)][None]
        cpu, wall = time.process_time(), time.perf_counter()
        table.scores(row)
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = np.median(np.array(spent), axis=0)
    return float(cpu), float(wall)


def _describe(row: TableFigures) -> str:
    return (
        f"{row.items:>7,} {row.kind:<10} {row.megabytes:>6} MB  built {row.build_seconds:>6} s  "
        f"CPU {row.cpu_ms:>7} ms  wall {row.wall_ms:>7} ms  recall@10 {row.recall_at_10}, "
        f"refined {row.refined_recall_at_10}"
    )
