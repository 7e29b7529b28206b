"""The whole site as `make run` starts it, in a home of its own, and a browser to look at it."""

import os
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

from playwright.sync_api import Browser, sync_playwright

from tests.ports import find_free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 240.0
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


@contextmanager
def run_site() -> Iterator[Site]:
    """Start the launcher beside nothing else's servers or files; stop and delete it all."""
    directory = Path(tempfile.mkdtemp(prefix="movieshow-e2e-", dir="/tmp"))
    directory.chmod(0o755)
    home, port = directory / "home", find_free_port()
    environment = {name: text for name, text in os.environ.items() if name not in NOT_INHERITED}
    environment |= {"MOVIESHOW_HOME": str(home), "FINETUNE_MIN_INTERVAL_SECONDS": "86400"}
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
