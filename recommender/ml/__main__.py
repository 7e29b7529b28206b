"""`python -m recommender.ml COMMAND`: the command line of the recommendation laboratory."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from types import MappingProxyType

from recommender.ml.errors import UsageError

COMMANDS = MappingProxyType(
    {
        "evaluate": "recommender.ml.evaluate_command",
        "compare": "recommender.ml.compare_command",
    }
)
"""Each module has HELP, add_arguments(parser) and run(args) -> exit code; only the one asked for
is imported, so that measuring a baseline needs no torch."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; bad input gives one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m recommender.ml", description=__doc__)
    parser.add_argument("command", choices=COMMANDS, help="what to do; COMMAND --help says more")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    module = importlib.import_module(COMMANDS[chosen.command])
    options = argparse.ArgumentParser(
        prog=f"python -m recommender.ml {chosen.command}", description=module.HELP
    )
    module.add_arguments(options)
    try:
        return int(module.run(options.parse_args(chosen.arguments)))
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
