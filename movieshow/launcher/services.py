"""The long-running processes of an install: which they are, and how they start and stop."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from movieshow.embedded.home import CHECKOUT
from movieshow.embedded.processes import start_process

_STOP_SECONDS = 8.0
_KEPT_LOG_BYTES = 10 * 2**20


@dataclass(frozen=True)
class Service:
    """One long-running process: its name, which names its log too, and its command."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def describe_services(*, port: int, metrics: Path | None = None) -> list[Service]:
    """Return the web server on this port, two workers and the scheduler.

    In the directory `metrics`, emptied here, the web processes put their counters together.

    What people wait for (an import, say) does not stand behind a fine-tuning that takes a minute.
    """
    manage = (sys.executable, "manage.py")
    # A web process computes recommendations on one thread: two made others wait 250 ms.
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # glibc else keeps what the largest request of each thread once needed, 80 MB a process.
    web = {
        **one_thread,
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": "1000000",
        "MALLOC_TRIM_THRESHOLD_": "1000000",
        # Huge pages where they may be had: a ranking reads through 8 MB, and takes an eighth less.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }
    if metrics is not None:
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        web["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    return [
        Service("web", _web_command(port=port), web),
        Service("worker", (*manage, "rqworker", "default", "--with-scheduler"), one_thread),
        Service("trainer", (*manage, "rqworker", "low")),
        Service("scheduler", (*manage, "rqcron", "recommender.cron"), one_thread),
    ]


def _web_command(*, port: int) -> Sequence[str]:
    processes = os.environ.get("WEB_PROCESSES") or str(min(2, os.cpu_count() or 1))
    return (
        sys.executable, "-m", "granian", "--interface", "wsgi",
        "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "--workers", processes, "--blocking-threads", "4",
        "--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning",
        "movieshow.wsgi:application",
    )  # fmt: skip


class Supervisor:
    """Runs services, each with its own log, until one ends or we are told to stop."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        """Say where the logs lie and what all services have in their environment."""
        self._logs = logs
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: Service) -> None:
        """Start one service. Call it from the main thread."""
        log_file = self.log_of(service.name)
        if log_file.exists() and log_file.stat().st_size > _KEPT_LOG_BYTES:
            log_file.replace(log_file.with_suffix(".log.1"))
        with log_file.open("ab") as log:
            self._running[service.name] = start_process(
                service.command,
                death_signal=signal.SIGTERM,
                stdout=log,
                environment={**self._environment, **service.environment},
                directory=CHECKOUT,
            )

    def log_of(self, name: str) -> Path:
        """Return the log file of a service."""
        return self._logs / f"{name}.log"

    def find_ended(self) -> str | None:
        """Return a line about a service that has ended by itself, if there is one."""
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                return f"the {name} process ended with code {code}; see {self.log_of(name)}"
        return None

    def stop(self) -> None:
        """Stop all services at once, killing those that take longer than some seconds."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
