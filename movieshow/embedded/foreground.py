"""Commands that run in the terminal's foreground, and the signals that ask us to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from movieshow.embedded.processes import start_process, stop_process

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_SECONDS = 20.0


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """We were told to stop by a signal, ``number``; more of them are ignored from then on."""

    def __init__(self, number: int) -> None:
        """Remember the signal."""
        super().__init__(number)
        self.number = signal.Signals(number)


def raise_on_stop_signals() -> None:
    """Have the first Ctrl-C, SIGTERM or SIGHUP raise `Stopped` in the main thread."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _raise_stopped)


def ignore_stop_signals() -> None:
    """Let nothing interrupt the orderly stop that follows; it takes a moment and is bounded."""
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _raise_stopped(number: int, _frame: FrameType | None) -> None:
    ignore_stop_signals()
    raise Stopped(number)


def run_in_foreground(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run a command to its end and return its exit code, 128 + n if signal n ended it.

    Raises:
        Stopped: we were told to stop; the command has been stopped.
        FileNotFoundError: there is no such command.
    """
    process = start_process(
        command,
        death_signal=signal.SIGTERM,
        stdout=sys.stdout.fileno(),
        environment=environment,
        new_session=False,
    )
    try:
        code = process.wait()
    except Stopped as stopped:
        _pass_on(process, stopped.number)
        raise
    return code if code >= 0 else 128 - code


def _pass_on(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Stop the command. It has seen a Ctrl-C itself: a second one would cut its clean-up short."""
    if number == signal.SIGINT:
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            number = signal.SIGTERM
    stop_process(process, signals=((number, _STOP_SECONDS),))
