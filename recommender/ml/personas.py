"""Four well-known tastes and what a good recommender must see in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from recommender.ml.datasets import MovieInfo
from recommender.ml.diversity import POOL, diversify_order
from recommender.ml.explain import CLEAR_DROP, occlusion_drops
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.ranking import rank_films, read_tokens
from recommender.ml.tokens import items_of

NUM_FILMS = 10
NUM_FITTING = 6


@dataclass(frozen=True)
class Persona:
    """A taste: its history by movie id, oldest first, and what fits it, in words and as a test."""

    name: str
    history: tuple[int, ...]
    expected: str
    fits: Callable[[MovieInfo], bool]


@dataclass(frozen=True)
class Suggestion:
    """A film recommended: score, and the film of the history that most helped it, if any did."""

    movie_id: int
    score: float
    because_of: int | None


@dataclass(frozen=True)
class PersonaResult:
    """What was recommended to a persona, in how many seconds, and how many films fit."""

    persona: Persona
    suggestions: list[Suggestion]
    seconds: float
    num_fitting: int

    @property
    def failures(self) -> list[str]:
        """Return what is wrong, in words; an empty list if nothing is."""
        wrong = []
        if len(self.suggestions) < NUM_FILMS:
            wrong.append(f"only {len(self.suggestions)} of {NUM_FILMS} films were recommended")
        if self.num_fitting < NUM_FITTING:
            wrong.append(
                f"{self.num_fitting} of {NUM_FILMS} are {self.persona.expected}, "
                f"not the {NUM_FITTING} there should be"
            )
        if {s.movie_id for s in self.suggestions} & set(self.persona.history):
            wrong.append("a film already watched was recommended")
        return wrong


def _is_old_drama_or_crime(movie: MovieInfo) -> bool:
    return (
        movie.year is not None
        and movie.year < 1981
        and bool({"Drama", "Crime"} & set(movie.genres))
    )


PERSONAS = (
    Persona(
        "sci-fi",
        (260, 1196, 1210, 2571, 79132),  # Star Wars IV, V, VI; The Matrix; Inception
        "Sci-Fi",
        lambda movie: "Sci-Fi" in movie.genres,
    ),
    Persona(
        "classics",
        (858, 912, 923, 1203),  # The Godfather; Casablanca; Citizen Kane; 12 Angry Men
        "from before 1981 and Drama or Crime",
        _is_old_drama_or_crime,
    ),
    Persona(
        "animation",
        (1, 6377, 60069, 68954, 134853),  # Toy Story; Finding Nemo; WALL-E; Up; Inside Out
        "Animation",
        lambda movie: "Animation" in movie.genres,
    ),
    Persona(
        "action",
        (1036, 58559, 122882, 115149),  # Die Hard; The Dark Knight; Mad Max: Fury Road; John Wick
        "Action",
        lambda movie: "Action" in movie.genres,
    ),
)


def ask_persona(
    model: InferenceModel, persona: Persona, movies: Mapping[int, MovieInfo]
) -> PersonaResult:
    """Recommend ten films, with reasons, to a persona; `movies` says what each film is.

    In the order in which the site shows them, near copies apart; asked now, having watched now.
    """
    started = time.perf_counter()
    watched = History.of(persona.history, timestamps=[int(time.time())] * len(persona.history))
    [ranking] = rank_films(model, [watched], k=POOL)
    vectors = model.stored.read(ranking.item_idx)
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    shown = diversify_order(ranking.scores, vectors)[:NUM_FILMS]
    items, scores = ranking.item_idx[shown], ranking.scores[shown]
    history = read_tokens(model, watched)
    drops = occlusion_drops(model, history, items)
    best = drops.drops.argmax(axis=0)  # (k,)
    suggestions = []
    for column, (item, score) in enumerate(zip(items, scores, strict=True)):
        is_clear = drops.drops[best[column], column] >= CLEAR_DROP
        reason = items_of(history)[drops.positions[best[column]]] if is_clear else None
        suggestions.append(
            Suggestion(
                movie_id=int(model.movie_ids[item]),
                score=float(score),
                because_of=None if reason is None else int(model.movie_ids[reason]),
            )
        )
    seconds = time.perf_counter() - started
    known = [movies[s.movie_id] for s in suggestions if s.movie_id in movies]
    num_fitting = int(np.sum([persona.fits(movie) for movie in known]))
    return PersonaResult(persona, suggestions, seconds, num_fitting)
