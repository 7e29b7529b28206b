"""`elicitation`: what pages of posters tell of a newcomer, by how the posters are chosen."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from recommender.ml.code_version import describe_code
from recommender.ml.cold.elicitation_measure import gather_respondents, measure_elicitation
from recommender.ml.cold.people_measure import describe_traits
from recommender.ml.commands.asked_people import add_people_arguments, part_asked_people
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.datasets import load_interactions, load_movies
from recommender.ml.inference import InferenceModel
from recommender.ml.lab.report import write_json

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", type=Path, metavar="MODEL_DIR", help="a trained model")
    add_data_argument(parser)
    add_people_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def run(args: argparse.Namespace) -> int:
    """Ask and tell.

    Raises:
        UsageError: The data, the model or the place to write is wrong.
    """
    directories = data_directories(args)
    model = InferenceModel.load(args.model)
    rest, asked = part_asked_people(args, load_interactions(directories))
    films = describe_traits(model, rest, load_movies(directories))
    people = gather_respondents(model, films, asked)
    tables = measure_elicitation(model, films, people)
    logger.info("%d people; after each page of posters, the lead of what is served:", len(people))
    for name, pages in tables.items():
        for number, row in enumerate(pages, start=1):
            logger.info(
                "%-32s page %d: %.1f rated, NDCG@10 %.4f (%+.4f [%+.4f, %+.4f]), "
                "error of stars %.4f (%+.4f [%+.4f, %+.4f])",
                *(name, number, row["rated"], row["ndcg@10"], *row["ndcg_lead"]),
                *(row["error"], *row["error_lead"]),
            )
    if args.json:
        write_json(args.json, {**describe_code(), "people": len(people), "methods": tables})
    return 0
