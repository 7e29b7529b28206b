"""Run a command beside embedded servers: ``python -m movieshow.embedded exec -- CMD…``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.processes import start_process, stop_process
from movieshow.embedded.servers import Servers

_COULD_NOT_START = 2
_CTRL_C_SECONDS = 20.0


class _Stopped(Exception):  # noqa: N818 - a request, not an error
    """We were told to stop by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def _raise_stopped(number: int, _frame: FrameType | None) -> None:
    raise _Stopped(number)


def main() -> int:
    """Run the command; return its exit code, 128 + the signal's number if one ended it."""
    options = _parse()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    try:
        with Servers(Home(), is_throwaway=options.throwaway) as servers:
            return _run(options.command, servers.environment(os.environ))
    except (EmbeddedError, OSError) as error:
        sys.stderr.write(f"movieshow: {error}\n")
        return _COULD_NOT_START
    except _Stopped as stopped:
        return 128 + stopped.number


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m movieshow.embedded", description=__doc__)
    actions = parser.add_subparsers(required=True)
    execute = actions.add_parser("exec", help="run a command with DATABASE_URL and REDIS_URL set")
    execute.add_argument(
        "--throwaway", action="store_true", help="faster; a power cut may lose the data (tests)"
    )
    execute.add_argument("command", nargs="+", metavar="CMD")
    return parser.parse_args()


def _run(command: list[str], environment: dict[str, str]) -> int:
    process = start_process(
        command,
        death_signal=signal.SIGTERM,
        stdout=sys.stdout.fileno(),
        environment=environment,
        new_session=False,
    )
    try:
        code = process.wait()
    except _Stopped as stopped:
        _ignore_signals()
        _pass_on(process, stopped.number)
        return 128 + stopped.number
    _ignore_signals()
    return code if code >= 0 else 128 - code


def _ignore_signals() -> None:
    """Nothing may interrupt us while the servers stop; that takes a moment."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _pass_on(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Stop the command. It has seen a Ctrl-C itself: a second one would cut its clean-up short."""
    if number == signal.SIGINT:
        try:
            process.wait(timeout=_CTRL_C_SECONDS)
        except subprocess.TimeoutExpired:
            number = signal.SIGTERM
    stop_process(process, signals=((number, _CTRL_C_SECONDS),))


if __name__ == "__main__":
    sys.exit(main())
