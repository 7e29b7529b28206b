"""A site of the audience's own: real servers, the demo catalogue, the shipped model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection, connections
from redis import Redis

from tests.worker_environment import redis_url_of_worker

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0
DATABASE = "movieshow_audience"
REDIS_WORKER = "gw13"
# Everybody sits behind an address of their own, which our proxy, here the client, tells.
SETTINGS = {
    "TRUST_PROXY": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LOG_LEVEL": "ERROR",
}


def choose_redis() -> None:
    """Take a Redis database of the audience's own; to be called before the settings are read."""
    os.environ["REDIS_URL"] = redis_url_of_worker(os.environ["REDIS_URL"], REDIS_WORKER)


@contextmanager
def make_database() -> Iterator[None]:
    """Make an empty database with the demo films and the shipped model; drop it at the end."""
    given = os.environ["DATABASE_URL"]
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(given)._replace(path=f"/{DATABASE}"))
    try:
        with Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushdb()
        call_command("load_demo", verbosity=0)
        call_command("install_shipped_model", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield
    finally:
        connections.close_all()
        os.environ["DATABASE_URL"] = given
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def run_web(*, log: Path, time_zone: str = "UTC") -> Iterator[str]:
    """Serve the site on a free port of loopback, by this zone's clock; yield its address.

    Raises:
        RuntimeError: It did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--no-ws", "--workers", "1", "--blocking-threads", "4",
        "--log-level", "warning", "movieshow.wsgi:application",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **SETTINGS, "TIME_ZONE": time_zone},
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def find_zone(hour: int, *, now: datetime) -> str:
    """Return a time zone in which it is this hour of the day (0 to 23) now."""
    ahead = (hour - now.astimezone(UTC).hour + 11) % 24 - 11
    # West of Greenwich the sign is a plus in these names, as POSIX has it.
    return f"Etc/GMT{-ahead:+d}"


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"the site did not start:\n{log.read_text(errors='replace')[-2000:]}")
