"""Ways to run MovieShow's own commands in homes that nothing else uses."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

# No machine is so slow: what takes longer hangs.
HANG_SECONDS = 900.0
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, sys
sys.stdout.write("ready " + os.environ["DATABASE_URL"] + " " + os.environ["REDIS_URL"] + "\\n")
sys.stdout.flush()
import signal
signal.pause()
"""


class Install:
    """A home of its own, and the commands one can run in it."""

    def __init__(self, home: Path, *, prefix: tuple[str, ...] = ()) -> None:
        self.home = home
        self.prefix = prefix
        self.started: list[subprocess.Popen[str]] = []

    def environment(self, **more: str) -> dict[str, str]:
        ours = {"MOVIESHOW_HOME", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MOVIESHOW_OWNER"}
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return {**inherited, "MOVIESHOW_HOME": str(self.home), **more}

    def run(self, *args: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.prefix, sys.executable, "-m", *args],
            env=self.environment(**more),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )

    def run_beside(self, code: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run Python code beside throwaway servers of this home."""
        return self.run(
            "movieshow.embedded", "exec", "--throwaway", "--", sys.executable, "-c", code, **more
        )

    def start(self) -> "subprocess.Popen[str]":
        """Start servers with a command that waits for ever; return when both answer."""
        command = ("exec", "--throwaway", "--", sys.executable, "-c", PROGRAM)
        process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "movieshow.embedded", *command],
            env=self.environment(),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        return process

    def processes(self) -> list[psutil.Process]:
        """Return every live process that works in this home or was given it."""
        return [p for p in psutil.process_iter() if _belongs(p, str(self.home))]

    def wait_until_nothing_runs(self, *, seconds: float = HANG_SECONDS) -> list[psutil.Process]:
        deadline = time.monotonic() + seconds
        while (alive := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return alive

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=HANG_SECONDS)
        self.started.clear()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def _belongs(process: psutil.Process, home: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
            return False
        if process.cwd().startswith(home):
            return True
        return bool(process.environ().get("MOVIESHOW_HOME") == home)
    except (psutil.Error, OSError):
        return False


@pytest.fixture(scope="module")
def shared_install() -> Iterator[Install]:
    yield from _make_install()


@pytest.fixture
def install(shared_install: Install) -> Iterator[Install]:
    """An install with a space in its path that one test after another uses."""
    yield shared_install
    shared_install.stop()


@pytest.fixture
def fresh_install() -> Iterator[Install]:
    """An install that no other test uses."""
    yield from _make_install()


def _make_install() -> Iterator[Install]:
    directory = Path(tempfile.mkdtemp(prefix="movieshow test ", dir="/tmp"))
    directory.chmod(0o755)
    made = Install(directory / "home")
    yield made
    made.remove()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def ordinary_install() -> Iterator[Install]:
    """An install of an ordinary user; as root, of nobody, who may read root's Python besides."""
    directory = Path(tempfile.mkdtemp(prefix="movieshow-ordinary-", dir="/tmp"))
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(directory, "nobody")
        prefix = (
            "setpriv", "--reuid=nobody", "--clear-groups",
            "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--",
        )  # fmt: skip
    made = Install(directory / "home", prefix=prefix)
    yield made
    made.remove()
    shutil.rmtree(directory, ignore_errors=True)
