"""The whole site as `make run` starts it, in a home of its own, and a browser to look at it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, sync_playwright
from redis import Redis

from movieshow.embedded.home import Home
from movieshow.embedded.postgres import Postgres
from movieshow.embedded.redis_server import RedisServer
from tests.catalog.tmdb.stand_in import KEY, StandIn
from tests.ports import find_free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 900.0
STOP_SECONDS = 60.0
NOT_INHERITED = {
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MOVIESHOW_HOME", "MOVIESHOW_OWNER", "DEBUG",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A running site: its address, its home and the password of the demo login."""

    url: str
    home: Path

    @property
    def demo_password(self) -> str:
        return (self.home / "demo_password").read_text().strip()

    def read_link(self) -> str:
        """Return the link in the mail that the site sent last."""
        [*_, last] = sorted((self.home / "mail").iterdir(), key=lambda one: one.stat().st_mtime)
        links: list[str] = re.findall(r"http://\S+", last.read_text())
        return links[-1]

    def manage(self, *arguments: str) -> None:
        """Run a command of the site beside it, as its operator would."""
        environment = {
            **os.environ,
            "DATABASE_URL": self._postgres.url,
            "REDIS_URL": self._redis.url,
            "SECRET_KEY": (self.home / "secret_key").read_text(),
            "MOVIESHOW_HOME": str(self.home),
        }
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True
        )

    def write(self, query: str, *parameters: object) -> None:
        """Change what the database says."""
        with psycopg.connect(self._postgres.url) as connection:
            connection.execute(query.encode(), parameters)

    def read(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return what the database says."""
        with psycopg.connect(self._postgres.url) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def forget_limits(self) -> None:
        """Let visitors begin anew: all of them come from this one address."""
        with Redis.from_url(self._redis.url) as client:
            for pattern in ("*accounts:*", "*allauth:rl:*"):
                for key in client.scan_iter(match=pattern, count=1000):
                    client.delete(key)

    @property
    def _sockets(self) -> Path:
        return Path((self.home / "sockets").read_text())

    @property
    def _postgres(self) -> Postgres:
        return Postgres(Home(self.home), socket_directory=self._sockets / "postgres")

    @property
    def _redis(self) -> RedisServer:
        return RedisServer(Home(self.home), socket_directory=self._sockets / "redis")


@contextmanager
def run_site(tmdb: StandIn | None = None) -> Iterator[Site]:
    """Start the launcher beside nothing else's servers or files; stop and delete it all.

    Where a stand-in of TMDB is given, the site has a key to ask it with; else it has none.
    """
    directory = Path(tempfile.mkdtemp(prefix="movieshow-e2e-", dir="/tmp"))
    directory.chmod(0o755)
    home, port = directory / "home", find_free_port()
    environment = {name: text for name, text in os.environ.items() if name not in NOT_INHERITED}
    environment |= {
        "MOVIESHOW_HOME": str(home),
        "FINETUNE_MIN_INTERVAL_SECONDS": "86400",
        "EMAIL_URL": f"filemail:///{home / 'mail'}",
        "TMDB_API_KEY": KEY if tmdb else "",
        "TMDB_BASE_URL": f"{tmdb.url}/3" if tmdb else "",
        "TMDB_IMAGE_BASE_URL": f"{tmdb.url}/t/p" if tmdb else "",
    }
    log = directory / "launcher.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "movieshow.launcher", "--port", str(port), "--die-with-parent"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        site = Site(f"http://127.0.0.1:{port}", home)
        _wait_until_ready(site, process, log)
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_SECONDS)
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _wait_until_ready(site: Site, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{site.url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"The site did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def run_browser() -> Iterator[Browser]:
    """Start Debian's Chromium.

    Raises:
        RuntimeError: There is none; the message says how to get it.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("no chromium found; on Debian and Ubuntu: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        try:
            yield browser
        finally:
            browser.close()
