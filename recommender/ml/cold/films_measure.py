"""The measurement of new films: who is compared, and by what."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.checkpoint import SavedModel, load_model
from recommender.ml.cold.content import FilmFacts, TextVectors, build_features, lsa_vectors
from recommender.ml.cold.films import NewFilms, grow_model, start_new_films
from recommender.ml.cold.measure import (
    ContentNeighbours,
    Found,
    RandomOrder,
    describe_difference,
    describe_ranks,
    find_targets,
)
from recommender.ml.cold.question import ColdQuestion
from recommender.ml.config import ExperimentConfig
from recommender.ml.datasets import Interactions, MovieInfo, Vocabulary
from recommender.ml.errors import UsageError
from recommender.ml.evaluation import Recommender, genre_vectors
from recommender.ml.export import export_model
from recommender.ml.finetuning import MODEL_FILE, fine_tune
from recommender.ml.histories import History, read_history
from recommender.ml.lab.network_training import (
    NetworkRecommender,
    prepare_trainer,
    train_network,
)
from recommender.ml.splits import EvaluationSplit, unit_hash

RATING_COUNTS = (1, 5, 20)
FILMS_BEFORE, FILMS_AFTER = 15, 5
REPLAYED_PEOPLE = 400
MAX_SECONDS = 600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FilmBench:
    """What all rows of one question share.

    `everything` are the ratings of all people trained on, the withheld films' too.
    """

    question: ColdQuestion
    everything: Interactions
    facts: Mapping[int, FilmFacts]
    movies: Mapping[int, MovieInfo]
    folder: Path

    @cached_property
    def saved(self) -> SavedModel:
        """The network that was trained without the withheld films."""
        return load_model(self.folder / MODEL_FILE)


def keep_network(
    config: ExperimentConfig, train: Interactions, folder: Path, absent: NDArray[np.int64]
) -> Path:
    """Train a network into `folder`, or take the one that lies there; return the folder.

    Raises:
        UsageError: The network there knows one of the films that must be `absent`.
    """
    if not folder.exists():
        network = train_network(prepare_trainer(config, train))
        card = {
            "name": folder.name,
            "model": dataclasses.asdict(config.model),
            "loss": dataclasses.asdict(config.loss),
            "training": network.record,
        }
        ids = network.vocabulary.movie_ids
        export_model(folder, network.model, ids, network.popularity, card)
    known = load_model(folder / MODEL_FILE)
    if np.isin(absent, known.movie_ids).any() or known.model.config != config.model:
        raise UsageError(f"{folder}: is a network of another question; give another --networks")
    return folder


def as_recommender(saved: SavedModel, name: str) -> NetworkRecommender:
    """Return a network behind the interface of all recommenders."""
    vocabulary = Vocabulary(saved.movie_ids)
    return NetworkRecommender(saved.model, vocabulary, saved.popularity, {"config": name})


def start_rows(
    bench: FilmBench, facts: Mapping[int, FilmFacts], text_vectors: TextVectors = lsa_vectors
) -> NewFilms:
    """Return content starts of the withheld films by these facts."""
    return start_new_films(bench.saved, facts, bench.question.cold_ids, text_vectors=text_vectors)


def content_rivals(bench: FilmBench) -> Iterator[Recommender]:
    """Yield recommenders that learn nothing, over the films of the grown network."""
    ids = np.sort(np.concatenate([bench.saved.movie_ids, bench.question.cold_ids]))
    vocabulary = Vocabulary(ids)
    genres = {movie_id: info.genres for movie_id, info in bench.movies.items()}
    yield RandomOrder("by chance", vocabulary)
    yield ContentNeighbours("genres in common", vocabulary, genre_vectors(ids.tolist(), genres))
    features = build_features([bench.facts.get(pk, FilmFacts()) for pk in ids.tolist()])
    yield ContentNeighbours("content kNN, mean of the last 20", vocabulary, features)
    yield ContentNeighbours("content kNN, nearest of the last 20", vocabulary, features, True)


def adopters(bench: FilmBench, count: int) -> list[History]:
    """Return what `count` of those who rated each withheld film watched around it.

    At most 15 films before it and 5 after, no other withheld film among them, so that each film is
    in exactly as many histories. Who is taken is drawn by a stable hash.
    """
    ratings, cold_ids = bench.everything, bench.question.cold_ids
    is_cold = np.isin(ratings.movie_id, cold_ids)
    rows_of: dict[int, list[int]] = {}
    for row in np.flatnonzero(is_cold).tolist():
        rows_of.setdefault(int(ratings.movie_id[row]), []).append(row)
    histories = []
    for movie_id, rows in rows_of.items():
        keys = [ratings.person_keys[ratings.person[row]] for row in rows]
        draw = [unit_hash(key, salt=f"adopter of {movie_id}/") for key in keys]
        chosen = np.argsort(draw)[:count]
        histories += [_around(ratings, is_cold, rows[place]) for place in chosen]
    return histories


def _around(ratings: Interactions, is_cold: NDArray[np.bool_], row: int) -> History:
    whole = ratings.history(int(ratings.person[row]))
    kept = ~is_cold[whole]
    kept[row - whole.start] = True
    films = read_history(ratings, whole).select(kept)
    place = int(kept[: row - whole.start].sum())
    return films.select(slice(max(0, place - FILMS_BEFORE), place + FILMS_AFTER + 1))


def after_ratings(bench: FilmBench, count: int) -> tuple[NetworkRecommender, float]:
    """Return the network fine-tuned on `count` ratings of each withheld film, and the seconds."""
    known = {int(pk): bench.facts.get(int(pk), FilmFacts()) for pk in bench.question.cold_ids}
    taught = {int(pk) for pk in bench.saved.movie_ids}
    facts = {**{pk: fact for pk, fact in bench.facts.items() if pk in taught}, **known}
    replay = _replay(bench.question.train)
    with tempfile.TemporaryDirectory() as place:
        started = time.monotonic()
        fine_tune(
            bench.folder,
            Path(place) / "tuned",
            histories=adopters(bench, count),
            replay=replay,
            max_seconds=MAX_SECONDS,
            seed=count,
            facts=facts,
        )
        seconds = time.monotonic() - started
        tuned = load_model(Path(place) / "tuned" / MODEL_FILE)
    return as_recommender(tuned, f"after {count} ratings"), seconds


def _replay(train: Interactions) -> list[History]:
    people = sorted(
        range(train.num_people),
        key=lambda p: unit_hash(train.person_keys[p], salt="replay/"),
    )
    return [read_history(train, train.history(p)) for p in people[:REPLAYED_PEOPLE]]


class FilmTable:
    """Collects the rows of one question's table."""

    def __init__(self, question: ColdQuestion) -> None:
        self.question, self.rows = question, {}  # type: ColdQuestion, dict[str, Any]
        self.warm_before: NDArray[np.int64] | None = None

    def ask(self, label: str, recommender: Recommender, *, asks_warm: bool = False) -> None:
        """Add a row; with `asks_warm` also what it does to films that were not withheld."""
        found = self._find(recommender, self.question.cold)
        row: dict[str, Any] = {
            "among_all": describe_ranks(self.question.cold, found.among_all),
            "among_withheld": describe_ranks(self.question.cold, found.among_cold),
        }
        if asks_warm and self.warm_before is not None:
            warm = self._find(recommender, self.question.warm).among_all
            row["warm"] = describe_ranks(self.question.warm, warm)
            row["warm_change"] = describe_difference(self.question.warm, warm, self.warm_before)
        self.rows[label] = row
        logger.info("%s: %s: %s", self.question.name, label, row)

    def ask_without_rows(self, label: str, recommender: Recommender) -> None:
        """Note how well other films are found while the withheld ones have no rows."""
        self.warm_before = self._find(recommender, self.question.warm).among_all
        self.rows[label] = {"warm": describe_ranks(self.question.warm, self.warm_before)}

    def _find(self, recommender: Recommender, split: EvaluationSplit) -> Found:
        return find_targets(recommender, split, self.question.cold_ids)

    def describe(self) -> dict[str, Any]:
        """Return the table as plain JSON values."""
        question = self.question
        people = len(set(question.cold.person_keys))
        return {
            "withheld_films": len(question.cold_ids),
            "people": people,
            "cold_questions": len(question.cold),
            "warm_questions": len(question.warm),
            "split_hash": question.cold.split_hash,
            "rows": self.rows,
        }


def measure_films(
    bench: FilmBench,
    ceiling: Path,
    *,
    tagged: Mapping[int, FilmFacts],
    sentences: TextVectors | None,
) -> dict[str, Any]:
    """Answer one question with everything there is to compare, and return its table.

    `tagged` are the facts with people's tags; `sentences` embeds texts where it is given.
    """
    table = FilmTable(bench.question)
    table.ask_without_rows("no rows", as_recommender(bench.saved, "no rows"))
    for rival in content_rivals(bench):
        table.ask(rival.name, rival)
    plain = {pk: dataclasses.replace(fact, text="") for pk, fact in bench.facts.items()}
    starts: dict[str, tuple[Mapping[int, FilmFacts], TextVectors]] = {
        "content start: genres, year": (plain, lsa_vectors),
        "content start: + text (TF-IDF, SVD)": (bench.facts, lsa_vectors),
        "content start: + text and tags": (tagged, lsa_vectors),
    }
    if sentences is not None:
        starts["content start: + text (sentence embeddings)"] = (bench.facts, sentences)
    for label, (facts, text_vectors) in starts.items():
        grown = grow_model(bench.saved, start_rows(bench, facts, text_vectors))
        table.ask(label, as_recommender(grown, label), asks_warm=True)
    for count in RATING_COUNTS:
        tuned, seconds = after_ratings(bench, count)
        label = f"after {count} rating{'s' if count > 1 else ''} of each film"
        table.ask(label, tuned, asks_warm=True)
        table.rows[label]["seconds"] = seconds
    label = "ceiling: trained on the films"
    table.ask(label, as_recommender(load_model(ceiling / MODEL_FILE), label), asks_warm=True)
    return table.describe()
