"""A fresh clone in a path with a space: it starts, stops, and survives being killed.

Minutes, so apart from the rest: ``make test-platform``.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from tests.platform.conftest import HANG_SECONDS, ROOT, Install
from tests.ports import find_free_port

pytestmark = pytest.mark.platform


class Running:
    """A started MovieShow and what it printed."""

    def __init__(self, install: Install, checkout: Path) -> None:
        self.port = find_free_port()
        self.process = subprocess.Popen(
            [
                *install.prefix, sys.executable, "-m", "movieshow.launcher",
                "--port", str(self.port), "--die-with-parent",
            ],
            env=install.environment(),
            cwd=checkout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        install.started.append(self.process)
        self.printed = ""
        assert self.process.stdout is not None
        hang = threading.Timer(HANG_SECONDS, self.process.kill)  # which ends what is read here
        hang.start()
        try:
            for line in self.process.stdout:
                self.printed += line
                if "Ctrl-C stops it" in line:
                    break
        finally:
            hang.cancel()
        assert "ready at" in self.printed, self.printed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def printed_login(self) -> tuple[str, str]:
        found = re.search(r"demo login: (\S+)  password: (\S+)", self.printed)
        assert found is not None, self.printed
        return found[1], found[2]

    def get_status(self, path: str) -> int:
        with urllib.request.urlopen(self.url + path, timeout=HANG_SECONDS) as response:
            return int(response.status)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("a clone") / "movie show"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(directory)], check=True)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def log_in(running: Running) -> str:
    """Log in with the printed demo login and return the address one ends up at."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    address = f"{running.url}/account/login/"
    page = opener.open(address, timeout=HANG_SECONDS).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    name, password = running.printed_login()
    form = {"login": name, "password": password, "csrfmiddlewaretoken": token[1]}
    request = urllib.request.Request(
        address, data=urlencode(form).encode(), headers={"Referer": address}
    )
    return str(opener.open(request, timeout=HANG_SECONDS).geturl())


def test_it_starts_stops_and_starts_again(install: Install, checkout: Path) -> None:
    first = Running(install, checkout)
    assert first.get_status("/healthz") == 200
    assert first.get_status("/readyz") == 200
    assert not log_in(first).endswith("/account/login/")
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(timeout=HANG_SECONDS) == 0
    assert install.processes() == []

    second = Running(install, checkout)
    assert second.printed_login() == first.printed_login()
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(timeout=HANG_SECONDS) == 0
    assert install.processes() == []


def test_it_starts_after_kill_9(install: Install, checkout: Path) -> None:
    first = Running(install, checkout)
    first.process.kill()
    first.process.wait(timeout=HANG_SECONDS)
    second = Running(install, checkout)
    assert second.get_status("/readyz") == 200


def test_it_starts_after_kill_9_of_all_its_processes(install: Install, checkout: Path) -> None:
    first = Running(install, checkout)
    for victim in install.processes():
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    first.process.wait(timeout=HANG_SECONDS)
    assert Running(install, checkout).get_status("/readyz") == 200


def test_a_web_server_that_dies_ends_it_with_a_reason(install: Install, checkout: Path) -> None:
    running = Running(install, checkout)
    web = next(p for p in install.processes() if "granian" in " ".join(p.cmdline()))
    next((p for p in web.parents() if "granian" in " ".join(p.cmdline())), web).kill()
    rest, _ = running.process.communicate(timeout=HANG_SECONDS)
    assert running.process.returncode == 1
    assert "the web process ended" in rest
    assert install.processes() == []


def find_service(install: Install, *words: str) -> psutil.Process | None:
    """Return the service with these words in its command, which leads a session, if it runs."""
    for process in install.processes():
        try:
            if set(words) <= set(process.cmdline()) and os.getsid(process.pid) == process.pid:
                return process
        except (psutil.Error, OSError):
            continue  # ended meanwhile
    return None


def wait_for_service(running: Running, install: Install, *words: str) -> psutil.Process | None:
    """Wait until this service runs; return None if everything has ended before."""
    deadline = time.monotonic() + HANG_SECONDS
    while (found := find_service(install, *words)) is None and running.process.poll() is None:
        assert time.monotonic() < deadline, words
        time.sleep(0.1)
    return found


def test_a_killed_trainer_is_started_again_but_not_while_it_stops(
    install: Install, checkout: Path
) -> None:
    running = Running(install, checkout)
    trainer = wait_for_service(running, install, "rqworker", "low")
    assert trainer is not None
    trainer.kill()
    assert running.process.stdout is not None
    line = running.process.stdout.readline()
    assert "warning: the trainer process ended with code -9" in line
    assert wait_for_service(running, install, "rqworker", "low") not in {None, trainer}
    assert running.get_status("/readyz") == 200
    running.process.send_signal(signal.SIGTERM)
    rest, _ = running.process.communicate(timeout=HANG_SECONDS)
    assert running.process.returncode == 0
    assert rest == "movieshow: stopped\n"
    assert install.processes() == []


def test_a_scheduler_that_keeps_dying_ends_it_with_a_reason(
    install: Install, checkout: Path
) -> None:
    running = Running(install, checkout)
    while (scheduler := wait_for_service(running, install, "rqcron")) is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            scheduler.kill()
        time.sleep(0.1)
    rest, _ = running.process.communicate(timeout=HANG_SECONDS)
    assert running.process.returncode == 1
    assert rest.count("starting it again") == 3
    assert rest.splitlines()[-1].startswith("movieshow: the scheduler process ended with code -9")
    assert install.processes() == []


def test_an_ordinary_user_can_start_it(ordinary_install: Install, checkout: Path) -> None:
    for parent in (checkout, *checkout.parents[:3]):
        parent.chmod(0o755)
    running = Running(ordinary_install, checkout)
    assert running.get_status("/readyz") == 200
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=HANG_SECONDS) == 0
    assert ordinary_install.processes() == []
