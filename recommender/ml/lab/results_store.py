"""Keeps every answer of a comparison as it is found, so that no minute is spent twice.

One `.npz` holds what one recommender, fitted with one seed, answered on one split: metrics of each
person, ranks of the targets, the lists shown, and a record of the fit. Its name is made of two
hashes: of all that the answer depends on, and of the code that made it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.ml.errors import ArtifactError, UsageError
from recommender.ml.evaluation import Evaluation
from recommender.ml.files import write_file
from recommender.ml.splits import EvaluationSplit

ANSWERS, TRAINING = "answers", "training"
METRIC_PREFIX = "metric "
BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)

logger = logging.getLogger(__name__)


class StoreBusyError(UsageError):
    """Another process works with the same store."""


@dataclass(frozen=True)
class ResultKey:
    """Names a result: `what` hashes data, split and config, `code` the modules that made it."""

    what: str
    code: str


@dataclass(frozen=True)
class StoredResult:
    """An answer, the record of the fit it came from, and whether other code than ours made it."""

    evaluation: Evaluation
    record: dict[str, Any]
    is_of_other_code: bool = False


class ResultsStore:
    """A folder of results for one process at a time: use it as a context manager.

    With `fresh` nothing found there counts. With `any_code` results of other versions of the code
    count too, and are marked.
    """

    def __init__(self, directory: Path, *, fresh: bool = False, any_code: bool = False) -> None:
        self.directory, self.fresh, self.any_code = directory, fresh, any_code
        self._lock: IO[str] | None = None
        self._written: set[Path] = set()

    def __enter__(self) -> Self:
        """Make the folder and claim it.

        Raises:
            StoreBusyError: Another process has it.
            ArtifactError: It cannot be written.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = (self.directory / ".lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise ArtifactError(f"{self.directory}: cannot be written: {error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise StoreBusyError(
                f"{self.directory}: process {holder} works there; wait for it, or give another "
                "folder with --results"
            ) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        for half_written in (self.directory / ANSWERS).glob(".*.tmp"):  # by a process that died
            half_written.unlink()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let others have the folder; the system does so too if the process dies."""
        if self._lock is not None:
            self._lock.close()

    def load(self, key: ResultKey, split: EvaluationSplit) -> StoredResult | None:
        """Return what is known, or None where nothing usable is; a broken file is reported."""
        path = self._find(key)
        if path is None:
            return None
        try:
            evaluation, record = _read(path, split)
        except BROKEN as error:
            logger.warning("%s: is broken (%s) and will be made anew", path, error)
            return None
        return StoredResult(evaluation, record, path != self._path(key))

    def save(self, key: ResultKey, evaluation: Evaluation, record: dict[str, Any]) -> None:
        """Write one result, whole or not at all.

        Raises:
            ArtifactError: The disk is full or the folder cannot be written.
        """
        content = _pack(evaluation, record)
        path = self._path(key)
        write_file(path, lambda aside: _write(aside, content))
        self._written.add(path)

    def training_directory(self, name: str) -> Path:
        """Return the folder for checkpoints of one training; `fresh` empties it."""
        directory = self.directory / TRAINING / name
        if self.fresh:
            shutil.rmtree(directory, ignore_errors=True)
        return directory

    def forget_training(self, name: str) -> None:
        """Remove the checkpoints of a training whose results are all written."""
        shutil.rmtree(self.directory / TRAINING / name, ignore_errors=True)

    def _path(self, key: ResultKey) -> Path:
        return self.directory / ANSWERS / f"{key.what}-{key.code}.npz"

    def _find(self, key: ResultKey) -> Path | None:
        path = self._path(key)
        if self.fresh and path not in self._written:
            return None
        if path.is_file():
            return path
        if not self.any_code:
            return None
        others = sorted(path.parent.glob(f"{key.what}-*.npz"), key=lambda p: p.stat().st_mtime)
        return others[-1] if others else None


def _pack(evaluation: Evaluation, record: dict[str, Any]) -> dict[str, NDArray[Any]]:
    metrics = {f"{METRIC_PREFIX}{name}": row for name, row in evaluation.per_person.items()}
    header = {"model": evaluation.model, "coverage": evaluation.coverage, "record": record}
    return {
        **metrics,
        "ranks": np.concatenate(evaluation.ranks),
        "top": evaluation.top,
        "header": np.array(json.dumps(header)),
    }


def _write(path: Path, content: dict[str, NDArray[Any]]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **content)  # type: ignore[arg-type] # its allow_pickle is a bool


def _read(path: Path, split: EvaluationSplit) -> tuple[Evaluation, dict[str, Any]]:
    """Read one file.

    Raises:
        ValueError, KeyError, OSError, EOFError, BadZipFile, zlib.error: It is broken.
    """
    with np.load(path, allow_pickle=False) as archive:
        content = {name: archive[name] for name in archive.files}
    header = json.loads(str(content["header"]))
    metrics = {
        name.removeprefix(METRIC_PREFIX): row
        for name, row in content.items()
        if name.startswith(METRIC_PREFIX)
    }
    counts = [len(targets) for targets in split.targets]
    lengths = {len(row) for row in (*metrics.values(), content["top"])}
    if lengths != {len(split)} or len(content["ranks"]) != sum(counts):
        msg = "it is of other people"
        raise ValueError(msg)
    evaluation = Evaluation(
        model=header["model"],
        split=split,
        per_person=metrics,
        ranks=np.split(content["ranks"], np.cumsum(counts)[:-1]),
        top=content["top"],
        coverage=header["coverage"],
    )
    return evaluation, header["record"]
