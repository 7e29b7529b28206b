"""The stages of one cold answer, each timed by itself in this process, one thread."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from recommender import ranking
from recommender.answering import answer_person, make_page_request
from recommender.answers import Filters, Taste
from recommender.ml import diversity
from recommender.model_input import make_sequence
from recommender.output_serializers import render_list
from recommender.reasons import explain_films
from recommender.recommending import (
    RANKING_DEPTH,
    present_films,
    refine,
)
from recommender.serving import Snapshot, model_server, read_state
from recommender.taste.reading import read_taste
from tests.load.rows import RUNS, Row, median, state_value, summarise

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SHOWN = 10

Times = dict[str, list[float]]


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    """Note how long the block takes."""
    start = time.perf_counter()
    yield
    times[name].append(time.perf_counter() - start)


def measure_stages(user_ids: list[int]) -> list[Row]:
    """Return a row for each stage and for the model part, over these people."""
    state = read_state(user_id=None)
    snapshot = model_server.get_snapshot(state)
    runs: list[Times] = []
    for number in range(RUNS + 1):
        times: Times = defaultdict(list)
        for user_id in user_ids:
            _time_one(snapshot, user_id, times)
        if number:  # the first warms caches
            runs.append(times)
    told = f"{len(user_ids)} people, one thread, in process"
    rows = [summarise(name, [times[name] for times in runs], told) for name in runs[0]]
    return [*rows, _measure_whole(snapshot, user_ids)]


def _time_one(snapshot: Snapshot, user_id: int, times: Times) -> None:
    assert snapshot.model is not None
    network, catalogue = snapshot.model.network, snapshot.catalogue
    with timed(times, "stage history query"):
        taste = read_taste(user_id=user_id)
    with timed(times, "stage filters"):
        mask = ranking.make_eligible_mask(catalogue, taste=taste, filters=Filters())
    sequence, _ = make_sequence(snapshot, taste.history)
    start = time.perf_counter()
    with timed(times, "stage encoder"):
        hidden = network.encode([sequence])
    with timed(times, "stage scoring"):
        scores = network.scores(hidden)[0][snapshot.item_idx]
    with timed(times, "stage top-k"):
        ranked = ranking.take_top(scores, mask, depth=RANKING_DEPTH)
        ranked = refine(snapshot, hidden, ranked)
    times["model 62k"].append(time.perf_counter() - start)
    with timed(times, "stage diversity"):
        pool = snapshot.unit_vectors(ranked.positions[: diversity.POOL])
        ranking.diversify(ranked, pool)
    with timed(times, "stage reasons"):
        explain_films(snapshot, taste=taste, positions=ranked.positions[:SHOWN])
    _time_serialising(snapshot, taste, ranked, times)


def _time_serialising(
    snapshot: Snapshot, taste: Taste, ranked: ranking.RankedFilms, times: Times
) -> None:
    from recommender.answers import RecommendationList

    with timed(times, "stage serialise"):
        items = present_films(
            snapshot,
            taste=taste,
            movie_ids=snapshot.catalogue.movie_ids[ranked.positions[:SHOWN]].tolist(),
            scores=ranked.scores[:SHOWN].tolist(),
        )
        answer = RecommendationList(None, "", None, None, None, items)
        json.dumps(
            render_list(answer, snapshot.catalogue), separators=(",", ":"), ensure_ascii=False
        ).encode()


def _measure_whole(snapshot: Snapshot, user_ids: list[int]) -> Row:
    """Return what a cold answer costs without the web server."""
    page = make_page_request(Filters(), limit=SHOWN, cursor=None, with_reasons=False)
    runs = []
    for _ in range(RUNS):
        times: Times = defaultdict(list)
        for user_id in user_ids:
            with timed(times, "all"):
                render_list(answer_person(snapshot, user_id, page), snapshot.catalogue)
        runs.append(times["all"])
    return summarise("stages together", runs, "a cold answer with no web server around it")


def measure_batches(user_ids: list[int]) -> list[Row]:
    """Return people a second for batches of 1 to 256: encoder, scores and the best ten."""
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    assert snapshot.model is not None
    network = snapshot.model.network
    sequences = [make_sequence(snapshot, read_taste(user_id=pk).history)[0] for pk in user_ids]
    rows = []
    for size in BATCHES:
        batch = [sequences[number % len(sequences)] for number in range(size)]

        def rank(batch: list[np.ndarray] = batch) -> None:
            scores = network.scores(network.encode(batch))
            np.argpartition(-scores, 10, axis=1)

        row = summarise(
            f"batch {size}", [_repeat(rank, max(1, 16 // size)) for _ in range(RUNS)], ""
        )
        row.value, row.unit = round(size * (row.per_second or 0.0), 1), "people/s"
        row.conditions = "encoder, all scores and the best ten, one thread"
        rows.append(row)
    return rows


def _repeat(what: Callable[[], object], times: int) -> list[float]:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        spent.append(time.perf_counter() - start)
    return spent


def measure_floor(model: Row) -> list[Row]:
    """Return what this machine can read and multiply in a second, and the floor it sets."""
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    assert snapshot.model is not None
    network = snapshot.model.network
    table = network.table
    flat = np.ones(network.stored.halves.size, dtype=np.float32)
    a = np.ones((1024, 1024), dtype=np.float32)
    flat @ flat, a @ a
    bandwidth = flat.nbytes / min(_repeat(lambda: flat @ flat, 20))
    rate = 2 * 1024**3 / min(_repeat(lambda: a @ a, 10))
    flops = count_encoder_flops(network.card["model"])
    floor = 1000 * (table.nbytes / bandwidth + flops / rate)
    rows = [
        state_value("memory bandwidth", bandwidth / 1e9, "GB/s", f"{flat.nbytes / 1e6:.0f} MB"),
        state_value("GEMM rate", rate / 1e9, "GFLOP/s", "float32, 1024 x 1024, one thread"),
        state_value(
            "floor of model 62k", floor, "ms",
            f"{table.nbytes / 1e6:.1f} MB of item table and {flops / 1e6:.0f} MFLOP of encoder",
        ),
    ]  # fmt: skip
    model.ratio_to, model.ratio = rows[-1].name, median([(model.p50_ms or 0.0) / floor])
    return rows


def count_encoder_flops(config: dict[str, int | str]) -> float:
    """Return the multiplications and additions of one full-length sequence, last block shortened.

    Per position: queries, keys, values, output and two gates (D × D each), the feed-forward pair,
    and attention over half of the positions on average.
    """
    dim, length, ffn = (int(config[key]) for key in ("embedding_dim", "max_seq_len", "ffn_dim"))
    is_gated = config["block"] == "gated"
    matrices = 4 * dim * dim + dim * ffn * (3 if is_gated else 2) + (2 * dim * dim * is_gated)
    block = length * (2 * matrices + 2 * dim * length)
    last = 2 * (length * 2 * dim * dim + matrices) + 4 * dim * length
    return float((int(config["num_blocks"]) - 1) * block + last)
