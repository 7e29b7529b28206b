"""`cold-people`: what people with no to four films are shown, and how often it is right."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from recommender.ml.cold.people import AGE_BANDS
from recommender.ml.cold.people_measure import (
    PeopleBench,
    describe_traits,
    gather_newcomers,
    measure_people,
)
from recommender.ml.cold.report import keep_part
from recommender.ml.commands.asked_people import add_people_arguments, part_asked_people
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.dataset_files import DatasetError, expand_directories
from recommender.ml.datasets import RATING_MEMBERS, load_interactions, load_movies
from recommender.ml.inference import InferenceModel

AGES_FILE = "users.dat"
NOTE = (
    "Held-out people with at least ten films before their last five are asked for any of those "
    "five. Genre answers are simulated: the up to three genres that stand most above their usual "
    "share among the films before the targets, without those of the cut history. Histories are "
    "cut in two ways: to the last films before the targets, where the rating site's order tells "
    "the Transformer much, and to films drawn from all before, well-known ones likelier, as the "
    "welcome page asks for them. Ages are known of ML-1M's people alone; for others `age given` "
    "changes nothing. The tables of ages and popularity are of people trained on. How much "
    "of what is blended was chosen on validation people."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", type=Path, metavar="MODEL_DIR", help="a trained model")
    add_data_argument(parser)
    add_people_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write tables there, and .md")


def run(args: argparse.Namespace) -> int:
    """Ask and write the tables.

    Raises:
        UsageError: The data, the model or the place to write is wrong.
    """
    directories = data_directories(args)
    model = InferenceModel.load(args.model)
    rest, asked = part_asked_people(args, load_interactions(directories))
    split, people = gather_newcomers(model, asked)
    films = describe_traits(model, rest, load_movies(directories))
    bench = PeopleBench(model, films, people, load_ages(directories))
    found = {
        "command": _command(args, directories),
        "model": f"the model {model.card.get('name')} of {model.card.get('created_at')}",
        "note": NOTE,
        "tables": measure_people(bench, split),
    }
    keep_part(args.json, "people", found)
    return 0


def load_ages(directories: Sequence[Path]) -> dict[tuple[str, int], int]:
    """Return the age band of each person (data set, id there) whom ML-1M's `users.dat` describes.

    Raises:
        DatasetError: A line has no person and age band.
    """
    ages: dict[tuple[str, int], int] = {}
    for directory in expand_directories(directories, RATING_MEMBERS):
        path = directory / AGES_FILE
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), start=1):
            fields = line.split("::")
            if len(fields) < 3 or not fields[0].isdecimal() or not _is_band(fields[2]):
                raise DatasetError(f"{path}:{number}: expected user::sex::age band, found {line!r}")
            ages[directory.name, int(fields[0])] = int(fields[2])
    return ages


def _is_band(text: str) -> bool:
    return text.isdecimal() and int(text) in AGE_BANDS


def _command(args: argparse.Namespace, directories: Sequence[Path]) -> str:
    """Return the command, folders by name alone."""
    words = ["python", "-m", "recommender.ml", "cold-people", args.model.name, "--data"]
    words += [folder.name for folder in directories]
    words += ["--validation", str(args.validation)] if args.validation else []
    return shlex.join(words)
