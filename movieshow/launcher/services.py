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
from movieshow.embedded.processes import kill_session, start_process

_STOP_SECONDS = 8.0
_KEPT_LOG_BYTES = 10 * 2**20
# Before each restart, the first one too: whoever ends all of us at once shall get to us first.
_PAUSES_SECONDS = (1.0, 5.0, 20.0)
_WINDOW_SECONDS = 300.0


@dataclass(frozen=True)
class Service:
    """One long-running process: its name, which names its log too, and its command.

    One that `may_restart` is started again when it ends by itself; nobody waits for its answer.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    may_restart: bool = False


def describe_services(*, port: int, metrics: Path | None = None) -> list[Service]:
    """Return the web server on this port, three workers and the scheduler.

    In the directory `metrics`, emptied here, the web processes put their counters together.

    What people wait for does not stand behind a fine-tuning that takes a minute, nor behind the
    import of somebody whose films take long to be found.
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
        Service("worker", (*manage, "rqworker", "default", "--with-scheduler"), one_thread, True),
        Service("importer", (*manage, "rqworker", "imports"), one_thread, True),
        Service("trainer", (*manage, "rqworker", "low"), may_restart=True),
        Service("scheduler", (*manage, "rqcron", "recommender.cron"), one_thread, True),
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


@dataclass
class _Run:
    """A service's process, when it was started again, and when it is to be (monotonic seconds)."""

    service: Service
    process: subprocess.Popen[bytes]
    restarted_at: list[float] = field(default_factory=list)
    due_at: float | None = None


class Supervisor:
    """Runs services, each with its own log, until one ends for good or we are told to stop."""

    def __init__(
        self,
        *,
        logs: Path,
        environment: Mapping[str, str],
        pauses_seconds: Sequence[float] = _PAUSES_SECONDS,
        window_seconds: float = _WINDOW_SECONDS,
    ) -> None:
        """Say where the logs lie and what all services have in their environment.

        A service is started again once for each of the pauses within so many seconds.
        """
        self._logs = logs
        self._environment = environment
        self._pauses_seconds = pauses_seconds
        self._window_seconds = window_seconds
        self._runs: dict[str, _Run] = {}

    def start(self, service: Service) -> None:
        """Start one service. Call it from the main thread."""
        self._runs[service.name] = _Run(service, self._start_process(service))

    def _start_process(self, service: Service) -> subprocess.Popen[bytes]:
        log_file = self.log_of(service.name)
        if log_file.exists() and log_file.stat().st_size > _KEPT_LOG_BYTES:
            log_file.replace(log_file.with_suffix(".log.1"))
        with log_file.open("ab") as log:
            return start_process(
                service.command,
                death_signal=signal.SIGTERM,
                stdout=log,
                environment={**self._environment, **service.environment},
                directory=CHECKOUT,
            )

    def log_of(self, name: str) -> Path:
        """Return the log file of a service."""
        return self._logs / f"{name}.log"

    def restart_ended(self) -> list[str]:
        """Start lost services again, each when its pause is over; return a line for each new loss.

        Call it now and then, from the main thread, before `find_ended`.
        """
        warnings = []
        now = time.monotonic()
        for run in self._runs.values():
            if run.due_at is not None and now >= run.due_at:
                run.process = self._start_process(run.service)
                run.restarted_at.append(now)
                run.due_at = None
            elif run.due_at is None and run.service.may_restart and run.process.poll() is not None:
                warnings += self._plan_restart(run, now=now)
        return warnings

    def _plan_restart(self, run: _Run, *, now: float) -> list[str]:
        """Set when the service is started again, unless it was too often; say so."""
        run.restarted_at = [at for at in run.restarted_at if now - at < self._window_seconds]
        if len(run.restarted_at) >= len(self._pauses_seconds):
            return []
        kill_session(run.process.pid)  # its job's process, say, that the new one would run beside
        pause = self._pauses_seconds[len(run.restarted_at)]
        run.due_at = now + pause
        return [f"{self._describe_end(run)}; starting it again in {pause:.0f} s"]

    def find_ended(self) -> str | None:
        """Return a line about a service that has ended by itself for good, if there is one."""
        for run in self._runs.values():
            if run.due_at is None and run.process.poll() is not None:
                return self._describe_end(run)
        return None

    def _describe_end(self, run: _Run) -> str:
        name, code = run.service.name, run.process.returncode
        return f"the {name} process ended with code {code}; see {self.log_of(name)}"

    def stop(self) -> None:
        """Stop all services at once, killing those that take longer than some seconds."""
        processes = [run.process for run in self._runs.values()]
        self._runs.clear()
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in processes:
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
