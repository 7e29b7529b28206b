"""Run a command beside embedded servers: ``python -m movieshow.embedded exec -- CMD…``."""

from __future__ import annotations

import argparse
import os
import sys

from movieshow.embedded.foreground import (
    Stopped,
    ignore_stop_signals,
    raise_on_stop_signals,
    run_in_foreground,
)
from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.servers import Servers

_COULD_NOT_START = 2


def main() -> int:
    """Run the command; return its exit code, 128 + the signal's number if one ended it."""
    options = _parse()
    raise_on_stop_signals()
    try:
        with Servers(Home(), is_throwaway=options.throwaway) as servers:
            code = run_in_foreground(options.command, servers.environment(os.environ))
            ignore_stop_signals()
            return code
    except (EmbeddedError, OSError) as error:
        sys.stderr.write(f"movieshow: {error}\n")
        return _COULD_NOT_START
    except Stopped as stopped:
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


if __name__ == "__main__":
    sys.exit(main())
