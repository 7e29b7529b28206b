"""The web server as `make run` starts it, on a port of its own, and what its processes use."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from movieshow.launcher.services import Supervisor, describe_services
from tests.ports import find_free_port

READY_SECONDS = 90.0


class SiteNotReadyError(Exception):
    """The web server did not come up; the message names its log."""


@dataclass(frozen=True)
class Site:
    """A running web server and its process."""

    port: int
    process: psutil.Process

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        return [child for child in self.process.children(recursive=True) if child.is_running()]

    def cpu_seconds(self) -> float:
        """Return the CPU time all its processes have used."""
        times = [process.cpu_times() for process in (self.process, *self.workers())]
        return float(sum(spent.user + spent.system for spent in times))


@contextmanager
def run_site(home: Path, *, processes: int | None = None) -> Iterator[Site]:
    """Run the web server of `make run` with so many processes, or as many as it would take.

    Raises:
        SiteNotReadyError: it does not come up.
    """
    port = find_free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.load.settings",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }
    if processes is not None:
        os.environ["WEB_PROCESSES"] = str(processes)
    try:
        web = describe_services(port=port, metrics=home / "metrics")[0]
    finally:
        if processes is not None:
            del os.environ["WEB_PROCESSES"]
    supervisor = Supervisor(logs=home / "logs", environment=environment)
    supervisor.start(web)
    try:
        _wait_until_ready(supervisor, port)
        yield Site(port, _find_server(port))
    finally:
        supervisor.stop()


def _wait_until_ready(supervisor: Supervisor, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and supervisor.find_ended() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SiteNotReadyError(f"the web server does not come up; see {supervisor.log_of('web')}")


def _find_server(port: int) -> psutil.Process:
    for child in psutil.Process().children():
        if str(port) in child.cmdline():
            return child
    raise SiteNotReadyError("the web server's process is not to be found")
