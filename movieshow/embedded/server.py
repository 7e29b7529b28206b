"""What embedded Postgres and Redis have in common: one child process, its log, its end."""

from __future__ import annotations

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from movieshow.embedded.home import EmbeddedError
from movieshow.embedded.processes import stop_process

_PAUSE_SECONDS = 0.02


class EmbeddedServer(ABC):
    """One server under a home that this process has locked; a subclass sets `_process`."""

    name: ClassVar[str]
    start_seconds: ClassVar[float]
    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, log: Path) -> None:
        """Say where its output goes; nothing is touched before `start`."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address that the site's settings take."""

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EmbeddedError: It cannot be started; names its log.
        """

    @abstractmethod
    def _is_ready(self) -> bool:
        """Ask the server once; also do what its first answer allows."""

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self._process is not None:
            stop_process(self._process, signals=self.stop_signals)
            self._process = None

    def is_alive(self) -> bool:
        """Return whether the server still runs."""
        return self._process is not None and self._process.poll() is None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self._is_ready():
            if not self.is_alive():
                raise self._failure(f"embedded {self.name} stopped at start")
            if time.monotonic() > deadline:
                raise self._failure(f"embedded {self.name} does not answer")
            time.sleep(_PAUSE_SECONDS)

    def _failure(self, what: str) -> EmbeddedError:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        reasons = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
        reason = f" ({reasons[-1].strip()})" if reasons else ""
        return EmbeddedError(f"{what}{reason}; see {self._log}")
