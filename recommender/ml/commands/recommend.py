"""`recommend MODEL_DIR --histories FILE.jsonl --k 10`: rankings, one JSON a line in and out."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.ml.errors import UsageError
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.ranking import rank_films

EXPECTED = '{"user": 7, "history": [[movie_id, rating, unix_time], …]}, oldest first'
MAX_MOVIE_ID = 2**63 - 1


@dataclass(frozen=True)
class Request:
    """One line: whose history it is (any JSON value), and the history."""

    user: Any
    history: History


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    parser.add_argument("--histories", type=Path, required=True, help=f"one a line: {EXPECTED}")
    parser.add_argument("--k", type=positive_integer, default=10, help="films a person (10)")


def positive_integer(text: str) -> int:
    """Return a whole number of at least 1.

    Raises:
        argparse.ArgumentTypeError: The text is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Read all histories, rank, write one line each in the same order."""
    model = InferenceModel.load(options.model_dir)
    requests = read_requests(options.histories)
    rankings = rank_films(model, [request.history for request in requests], k=options.k)
    for request, ranking in zip(requests, rankings, strict=True):
        answer = {
            "user": request.user,
            "movie_ids": model.movie_ids[ranking.item_idx].tolist(),
            "scores": [round(float(score), 5) for score in ranking.scores],
        }
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def read_requests(path: Path) -> list[Request]:
    """Read a JSON-lines file; blank lines are passed over.

    Raises:
        UsageError: The file cannot be read, or a line is not as expected; it is named by number.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); give a .jsonl file"
        ) from error
    return [
        _parse_line(line, where=f"{path}:{number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _parse_line(line: bytes, *, where: str) -> Request:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where}: is no JSON ({error}); expected {EXPECTED}") from error
    if not isinstance(value, dict) or "user" not in value or "history" not in value:
        raise UsageError(f"{where}: has no user or no history; expected {EXPECTED}")
    if not isinstance(value["history"], list):
        raise UsageError(f"{where}: history is no list; expected {EXPECTED}")
    entries = [_parse_entry(entry, where) for entry in value["history"]]
    films, stars, times = zip(*entries, strict=True) if entries else ((), (), ())
    return Request(value["user"], History.of(films, stars=stars, timestamps=times))


def _parse_entry(entry: object, where: str) -> tuple[int, float, int]:
    """Return movie id, stars (0 if null) and time of [movie_id, rating, unix_time].

    What has no time counts as watched now. Only the movie id need be there.
    """
    parts: list[object] = [*entry, None, None][:3] if isinstance(entry, list) else []
    numbers = [_read_number(part) for part in parts]
    now = int(time.time())
    match numbers:
        case [int(movie_id), stars, seconds] if abs(movie_id) <= MAX_MOVIE_ID:
            if not any(math.isnan(number) for number in (stars or 0, seconds or 0)):
                watched = now if seconds is None else int(min(max(seconds, 0), now))
                return movie_id, stars or 0.0, watched
    shown = json.dumps(entry, ensure_ascii=False)[:60]
    raise UsageError(f"{where}: {shown} is no [movie_id, rating, unix_time]")


def _read_number(part: object) -> int | float | None:
    """Return a finite number, or None for null; NaN for what is neither."""
    if part is None or type(part) is int:
        return part
    return part if isinstance(part, float) and math.isfinite(part) else math.nan
