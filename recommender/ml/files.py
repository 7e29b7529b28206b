"""Writing files and folders so that nobody ever finds half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from recommender.ml.errors import ArtifactError


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then move it there in one step.

    Raises:
        ArtifactError: The disk is full or the folder cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(aside)
        sync(aside)
        aside.replace(path)
        sync(path.parent)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        raise ArtifactError(f"{path}: cannot be written: {error}; is the disk full?") from error
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Give a folder to fill that becomes `path` when the block ends well, and vanishes if not.

    Raises:
        ArtifactError: The disk is full or the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be made: {error}") from error
    try:
        yield aside
        aside.chmod(0o755)
        for file in aside.iterdir():
            file.chmod(0o644)
            sync(file)
        sync(aside)
        _move_into_place(aside, path)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error}; is the disk full?") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move_into_place(aside: Path, path: Path) -> None:
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.exists():
        path.rename(old)
    aside.rename(path)
    sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
