"""`cold-films`: how well films that nobody in training rated are found from their content."""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ml.cold.content import FilmFacts, TextVectors, gather_facts, load_texts
from recommender.ml.cold.films_measure import FilmBench, keep_network, measure_films
from recommender.ml.cold.question import (
    ColdQuestion,
    choose_newest_films,
    choose_random_films,
    pose_cold_question,
)
from recommender.ml.cold.report import keep_part
from recommender.ml.cold.sentence_embeddings import embed_sentences
from recommender.ml.cold.tags import load_tags
from recommender.ml.commands.data_argument import add_data_argument, data_directories
from recommender.ml.config import load_config
from recommender.ml.datasets import Interactions, MovieInfo, load_interactions, load_movies
from recommender.ml.splits import hold_out_people

NEWEST_OF = "ml-latest-2023"
NONE = np.empty(0, dtype=np.int64)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("config", type=Path, help="TOML config of the network to train")
    add_data_argument(parser)
    parser.add_argument("--text", type=Path, metavar="FILE", help="JSON lines: movieId, extract")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write tables there, and .md")
    parser.add_argument(
        "--networks", type=Path, metavar="DIR", help="keep trained networks there for another run"
    )
    parser.add_argument(
        "--sentences", action="store_true", help="compare sentence embeddings, where installed"
    )
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")


def run(args: argparse.Namespace) -> int:
    """Train what is needed, ask both questions, write the tables.

    Raises:
        UsageError: The data, the texts, the config or the place to write is wrong.
    """
    torch.set_num_threads(args.threads)
    directories = data_directories(args)
    config = load_config(args.config)
    texts = load_texts(args.text) if args.text else {}
    movies = load_movies(directories)
    rest, held_out = hold_out_people(
        load_interactions(directories), fraction=config.data.held_out_fraction
    )
    tags = load_tags(directories, rest.person_keys)
    remembered = remember(embed_sentences)
    with tempfile.TemporaryDirectory() as scratch:
        root = args.networks or Path(scratch)
        ceiling = keep_network(config, rest, root / "everything", NONE)
        tables = {}
        for question in pose_questions(rest, held_out, movies):
            folder = keep_network(config, question.train, root / question.name, question.cold_ids)
            bench = FilmBench(question, rest, _facts(rest, movies, texts, {}), movies, folder)
            tables[question.name] = measure_films(
                bench,
                ceiling,
                tagged=_facts(rest, movies, texts, tags),
                sentences=remembered if args.sentences else None,
            )
    keep_part(args.json, "films", {"command": _command(args, directories), "tables": tables})
    return 0


def pose_questions(
    rest: Interactions, held_out: Interactions, movies: dict[int, MovieInfo]
) -> list[ColdQuestion]:
    """Return the question of films drawn by hash and, where that set is there, of the newest."""
    questions = [pose_cold_question("drawn", rest, held_out, choose_random_films(rest))]
    late = [
        people.select_people(np.array([key[0] == NEWEST_OF for key in people.person_keys]))
        for people in (rest, held_out)
    ]
    if all(len(part) for part in late):
        newest = choose_newest_films(late[0], movies)
        questions.append(pose_cold_question("newest", rest, late[1], newest))
    return questions


def remember(embed: TextVectors) -> TextVectors:
    """Return the same function, which embeds no text twice."""
    known: dict[str, NDArray[np.float32]] = {}

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        new = sorted({text for text in texts if text not in known})
        known.update(zip(new, embed(new), strict=True))
        return np.stack([known[text] for text in texts])

    return vectors


def _facts(
    rest: Interactions,
    movies: dict[int, MovieInfo],
    texts: dict[int, str],
    tags: dict[int, list[str]],
) -> dict[int, FilmFacts]:
    """Return the facts of the films that somebody trained on rated."""
    rated = {int(pk): movies[int(pk)] for pk in np.unique(rest.movie_id) if int(pk) in movies}
    return gather_facts(rated, texts, tags)


def _command(args: argparse.Namespace, directories: Sequence[Path]) -> str:
    """Return the command, folders by name alone."""
    words: list[Any] = ["python", "-m", "recommender.ml", "cold-films", args.config, "--data"]
    words += [folder.name for folder in directories]
    words += ["--text", args.text.name] if args.text else []
    words += ["--sentences"] if args.sentences else []
    return shlex.join(str(word) for word in words)
