"""`python -m recommender.ml COMMAND …`: train, export, ask and measure models."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from recommender.ml.code_version import describe_code
from recommender.ml.errors import UsageError

COMMANDS = {
    "train": "train a network by a TOML config",
    "export": "write a model directory anew from its model.pt",
    "recommend": "recommend movies for histories in a JSON-lines file",
    "personas": "show what a model recommends to four well-known tastes",
    "evaluate": "measure a model or a baseline on people it was not trained on",
    "compare": "measure several models on one split, in one table",
    "fit-ratings": "teach an existing model to predict stars",
    "evaluate-ratings": "measure predicted stars on people never trained on",
    "cold-films": "measure how films that nobody rated are found by their content",
    "cold-people": "measure what people with no to four films are shown",
    "elicitation": "measure what pages of posters tell of a newcomer",
    "ablate": "measure a network with its options changed one by one",
    "bench-training": "measure films a second of training beside a plain loop's",
    "bench": "measure what each item table costs and finds",
    "faithfulness": "measure whether the reasons given are true",
    "groups": "measure which strategy pleases groups of people never trained on",
    "tune": "search for the options that validate best",
}
"""Each is run by the module of its name in `commands`, which is imported only then."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit status is 2 for bad input, with one line that says why."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m recommender.ml", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = given[0] if given else None
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if name == wanted:
            name_of_module = name.replace("-", "_")
            module = importlib.import_module(f"recommender.ml.commands.{name_of_module}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    options = parser.parse_args(given)
    describe_code()  # what reports will name: another version may be checked out meanwhile
    try:
        return int(options.run(options))
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
