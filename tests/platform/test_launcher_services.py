"""A lost worker is started again, but not for ever, and never while everything stops."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from movieshow.launcher.services import Service, Supervisor, describe_services

STAYS = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
DIES = "import os; print(os.getpid(), flush=True); raise SystemExit(3)"
FORKS = f"import os; os.fork() or os.setpgrp(); {STAYS}"
PATIENCE_SECONDS = 60.0

Supervise = Callable[..., Supervisor]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Make supervisors that run one service, and stop them in the end."""
    made: list[Supervisor] = []

    def start(
        code: str,
        *,
        may_restart: bool = True,
        pauses_seconds: Sequence[float] = (0.0, 0.0, 0.0),
        window_seconds: float = 3600.0,
    ) -> Supervisor:
        supervisor = Supervisor(
            logs=tmp_path,
            environment={},
            pauses_seconds=pauses_seconds,
            window_seconds=window_seconds,
        )
        made.append(supervisor)
        supervisor.start(Service("worker", (sys.executable, "-c", code), may_restart=may_restart))
        return supervisor

    yield start
    for supervisor in made:
        supervisor.stop()


def read_pids(supervisor: Supervisor) -> list[int]:
    return [int(line) for line in supervisor.log_of("worker").read_text().split()]


def wait_for_pids(supervisor: Supervisor, number: int) -> list[int]:
    """Let the service write its process id so many times, supervised meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(pids := read_pids(supervisor)) < number and time.monotonic() < deadline:
        supervisor.restart_ended()
        time.sleep(0.02)
    assert len(pids) >= number
    return pids


def wait_for_end(supervisor: Supervisor) -> tuple[list[str], str]:
    """Supervise until the service has ended for good; return warnings and the last word."""
    warnings = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        warnings += supervisor.restart_ended()
        if (ended := supervisor.find_ended()) is not None:
            return warnings, ended
        time.sleep(0.02)
    raise AssertionError(warnings)


def kill_and_wait(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_all_but_the_web_server_may_be_started_again() -> None:
    may = {service.name for service in describe_services(port=8000) if service.may_restart}
    assert may == {"worker", "importer", "trainer", "scheduler"}


def test_a_killed_worker_is_started_again_with_a_warning(supervise: Supervise) -> None:
    supervisor = supervise(STAYS)
    (first,) = wait_for_pids(supervisor, 1)
    kill_and_wait(first)
    (warning,) = supervisor.restart_ended()
    assert "the worker process ended with code -9" in warning
    assert "starting it again" in warning
    assert supervisor.find_ended() is None
    _, second = wait_for_pids(supervisor, 2)
    assert is_running(second)
    assert supervisor.find_ended() is None


def test_what_a_killed_worker_left_running_is_killed(supervise: Supervise) -> None:
    supervisor = supervise(FORKS)
    pids = wait_for_pids(supervisor, 2)
    leader = next(pid for pid in pids if psutil.Process(pid).ppid() not in pids)
    (child,) = set(pids) - {leader}
    kill_and_wait(leader)
    supervisor.restart_ended()
    wait_until_gone(child)


def test_a_worker_that_keeps_dying_is_given_up(supervise: Supervise) -> None:
    supervisor = supervise(DIES)
    warnings, ended = wait_for_end(supervisor)
    assert len(warnings) == 3
    assert ended.startswith("the worker process ended with code 3; see ")
    assert len(read_pids(supervisor)) == 4


def test_restarts_of_long_ago_are_forgotten(supervise: Supervise) -> None:
    supervisor = supervise(DIES, window_seconds=0.0)
    wait_for_pids(supervisor, 6)


def test_a_web_server_is_not_started_again(supervise: Supervise) -> None:
    supervisor = supervise(DIES, may_restart=False)
    warnings, ended = wait_for_end(supervisor)
    assert warnings == []
    assert "ended with code 3" in ended
    assert len(read_pids(supervisor)) == 1


def test_a_worker_waits_for_its_pause(supervise: Supervise) -> None:
    supervisor = supervise(STAYS, pauses_seconds=(3600.0,))
    kill_and_wait(wait_for_pids(supervisor, 1)[0])
    assert len(supervisor.restart_ended()) == 1
    assert supervisor.restart_ended() == []
    assert supervisor.find_ended() is None
    assert len(read_pids(supervisor)) == 1


def test_stopping_starts_nothing_again(supervise: Supervise) -> None:
    supervisor = supervise(STAYS)
    (first,) = wait_for_pids(supervisor, 1)
    kill_and_wait(first)
    assert len(supervisor.restart_ended()) == 1
    supervisor.stop()
    assert supervisor.restart_ended() == []
    assert supervisor.find_ended() is None
    assert read_pids(supervisor) == [first]
