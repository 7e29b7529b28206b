"""Child processes that never outlive us: they die with their parent, or are found at next start.

On Linux the kernel signals a child when its parent dies (``PR_SET_PDEATHSIG``), even after a
``kill -9``. Whatever survives all the same (other systems, stray grandchildren) is known by the
``MOVIESHOW_OWNER`` in its environment or by its working directory, and stopped by the next
process that owns the home.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

OWNER_VARIABLE = "MOVIESHOW_OWNER"
# So long orphans may take to end before they are killed.
PATIENCE_SECONDS = 5.0

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def start_process(
    args: Sequence[str | Path],
    *,
    death_signal: signal.Signals,
    stdout: IO[bytes] | int,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    uid: int | None = None,
    new_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a program that gets ``death_signal`` when the calling thread's process dies.

    Call it from the main thread: the kernel takes a thread's end for its parent's death.
    With a ``uid`` the program runs as that user, with no other groups. In a new session it does
    not see the terminal's Ctrl-C, so that we can stop things in order.
    """
    return subprocess.Popen(
        [str(arg) for arg in args],
        stdin=subprocess.DEVNULL if new_session else None,
        stdout=stdout,
        stderr=subprocess.STDOUT if new_session else None,
        env=environment,
        cwd=directory,
        user=uid,
        group=None if uid is None else _group_of(uid),
        extra_groups=None if uid is None else [],
        start_new_session=new_session,
        preexec_fn=_follow_parent(death_signal),  # noqa: PLW1509 - two system calls, no locks
    )


def die_with_parent(death_signal: signal.Signals) -> None:
    """Have the kernel send this process ``death_signal`` when its parent dies (Linux only)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))


def _follow_parent(death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def follow() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return follow


def _group_of(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid


def stop_process(
    process: subprocess.Popen[bytes], *, signals: Iterable[tuple[signal.Signals, float]]
) -> None:
    """Send each signal in turn until the process has ended, waiting so many seconds after each."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()


def kill_session(leader: int) -> None:
    """Kill what is left of the session of a dead process that we started in a new one.

    Args:
        leader: the process id it had, which stays the session's while anything runs in it.
    """
    for process in psutil.process_iter():
        try:
            is_left = process.pid != leader and os.getsid(process.pid) == leader
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if is_left:
            _send(process, signal.SIGKILL)


def stop_orphans(*, owner: str, directories: Iterable[Path]) -> int:
    """Stop what a dead owner of this home has left running, and return how many there were.

    Args:
        owner: the value of ``MOVIESHOW_OWNER`` that its processes carry.
        directories: the working directories of its servers, which overwrite their environment.
    """
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    places = {str(directory) for directory in directories}
    orphans = [
        process
        for process in psutil.process_iter()
        if process.pid not in mine and _belongs(process, owner=owner, places=places)
    ]
    for process in orphans:
        # A Postgres takes SIGTERM for "when the last client has gone", SIGINT for "now".
        is_server = _belongs(process, owner="", places=places)
        _send(process, signal.SIGINT if is_server else signal.SIGTERM)
    _, alive = psutil.wait_procs(orphans, timeout=PATIENCE_SECONDS)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)
    return len(orphans)


def _belongs(process: psutil.Process, *, owner: str, places: set[str]) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.cwd() in places:
            return True
        return bool(owner) and process.environ().get(OWNER_VARIABLE) == owner
    except (psutil.Error, OSError):
        return False  # ended meanwhile, or somebody else's


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
