"""What the welcome's posters bring: how much better somebody is known after pages of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml import elicitation, metrics
from recommender.ml.cold.people import (
    FilmTraits,
    blend_few,
    choose_genres,
    score_leaning,
    score_newcomer,
)
from recommender.ml.datasets import Interactions
from recommender.ml.elicitation import LatentTastes
from recommender.ml.errors import UsageError
from recommender.ml.inference import InferenceModel
from recommender.ml.ratings.inference import RatingHead
from recommender.ml.significance import bootstrap_interval

FILMS_PER_PAGE = 18
PAGES = 3
MIN_FILMS = 20
ASKED_FILMS = 600
FULL_HISTORY = 5
BATCH = 64
TELLING = "most telling"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Respondent:
    """Somebody asked: item_idx and stars of what they know, and of what is held back.

    `known` are films they answer from, with their stars; `targets` and `stars` (T,) the others.
    """

    known: Mapping[int, float]
    targets: NDArray[np.int32]
    stars: NDArray[np.float32]
    chosen: NDArray[np.int64]


@dataclass
class Interview:
    """How one person answered so far: all films shown, and those known, in the order shown."""

    shown: list[int] = field(default_factory=list)
    rated: list[int] = field(default_factory=list)


Method = Callable[[Respondent, Interview], list[int]]


def gather_respondents(
    model: InferenceModel, films: FilmTraits, held_out: Interactions
) -> list[Respondent]:
    """Return the held-out people with at least 20 known films, half of each one's held back.

    Which half is drawn by a hash of the person. The genres they choose are those that the half
    they answer from leans to.
    """
    people = []
    for (name, number_there), (start, stop) in zip(
        held_out.person_keys, pairwise(held_out.offsets), strict=True
    ):
        rows = slice(start, stop)
        items, stars = model.index_of(held_out.movie_id[rows]), held_out.rating[rows]
        items, stars = items[items > 0], stars[items > 0]
        if len(items) < MIN_FILMS:
            continue
        digest = hashlib.sha256(f"half/{name}:{number_there}".encode()).digest()
        order = np.random.default_rng(int.from_bytes(digest[:8], "big")).permutation(len(items))
        known, rest = order[: len(items) // 2], order[len(items) // 2 :]
        people.append(
            Respondent(
                known=dict(zip(items[known].tolist(), stars[known].tolist(), strict=True)),
                targets=items[rest],
                stars=stars[rest],
                chosen=choose_genres(films, items[known]),
            )
        )
    return people


@dataclass(frozen=True)
class Interviewer:
    """Asks by what answers tell; `films` F item_idx, the rest as `elicitation` has it."""

    films: NDArray[np.int64]
    genres: NDArray[np.bool_]
    tastes: LatentTastes
    head: RatingHead
    head_idx: NDArray[np.int32]

    @classmethod
    def prepare(cls, model: InferenceModel, traits: FilmTraits) -> Interviewer:
        """Imagine the kinds of viewer; the model's well-known films may be asked about.

        Raises:
            UsageError: The model does not predict stars.
        """
        if model.rating_head is None:
            raise UsageError("the model has no rating.npz; run fit-ratings first")
        films = np.argsort(-traits.counts, kind="stable")[:ASKED_FILMS]
        anchors = elicitation.draw_anchors(traits.counts)
        scores = model.scores(model.encode(list(anchors[:, None])))
        tastes = elicitation.imagine_tastes(scores, traits.counts, traits.genres, films)
        head = model.rating_head
        return cls(films, traits.genres[films], tastes, head, head.index_of(model.movie_ids))

    def ask(self, person: Respondent, so_far: Interview, *, is_adaptive: bool = True) -> list[int]:
        """Return the next page of films."""
        is_shown = np.isin(self.films, so_far.shown)
        is_known = np.isin(self.films, so_far.rated)
        if not is_adaptive:
            is_known = np.zeros_like(is_known)
        weights = elicitation.weigh_tastes(
            self.tastes,
            chosen=person.chosen,
            seen=np.flatnonzero(is_known),
            unseen=np.flatnonzero(is_shown & ~is_known) if is_adaptive else np.empty(0, np.int64),
        )
        is_open = ~is_shown
        if len(person.chosen):
            is_open &= self.genres[:, person.chosen].any(axis=1)
        columns = elicitation.choose_films(
            self.tastes,
            weights,
            is_open,
            count=FILMS_PER_PAGE,
            stars=elicitation.ask_stars(
                self.head,
                rated=self.head_idx[np.array(so_far.rated if is_adaptive else [], dtype=np.int64)],
                asked=self.head_idx[self.films],
            ),
        )
        return [int(film) for film in self.films[columns]]


def make_methods(interviewer: Interviewer, films: FilmTraits) -> dict[str, Method]:
    """Return what is compared; `most telling` is served."""
    best_known = np.argsort(-films.counts, kind="stable")

    def ask_known(person: Respondent, so_far: Interview, *, inside: bool) -> list[int]:
        order = best_known
        if inside and len(person.chosen):
            order = order[films.genres[order][:, person.chosen].any(axis=1)]
        order = order[: len(so_far.shown) + FILMS_PER_PAGE]
        return [int(film) for film in order[~np.isin(order, so_far.shown)][:FILMS_PER_PAGE]]

    return {
        TELLING: interviewer.ask,
        "most telling, not adapted": lambda p, i: interviewer.ask(p, i, is_adaptive=False),
        "best known of the chosen genres": lambda p, i: ask_known(p, i, inside=True),
        "best known": lambda p, i: ask_known(p, i, inside=False),
    }


def measure_elicitation(
    model: InferenceModel, films: FilmTraits, people: Sequence[Respondent]
) -> dict[str, list[dict[str, Any]]]:
    """Return per method and page: films rated, NDCG@10, error of predicted stars, and the leads.

    A lead is what `most telling` has over the method: [mean, low, high], 95 %, the same people
    drawn; for the error, negative is better.
    """
    interviewer = Interviewer.prepare(model, films)
    found: dict[str, list[tuple[float, Values, Values]]] = {}
    for name, method in make_methods(interviewer, films).items():
        interviews = [Interview() for _ in people]
        found[name] = []
        for _ in range(PAGES):
            for person, so_far in zip(people, interviews, strict=True):
                page = method(person, so_far)
                so_far.shown += page
                so_far.rated += [film for film in page if film in person.known]
            rated = float(np.mean([len(so_far.rated) for so_far in interviews]))
            gains = find_targets(model, films, people, interviews)
            found[name].append((rated, gains, _predict(interviewer, people, interviews)))
    return {name: _describe(pages, found[TELLING]) for name, pages in found.items()}


def _describe(
    pages: Sequence[tuple[float, Values, Values]], telling: Sequence[tuple[float, Values, Values]]
) -> list[dict[str, Any]]:
    rows = []
    for (rated, gains, errors), (_, our_gains, our_errors) in zip(pages, telling, strict=True):
        row: dict[str, Any] = {"rated": rated, "ndcg@10": float(gains.mean())}
        row["error"] = float(errors.mean())
        for name, lead in (("ndcg_lead", our_gains - gains), ("error_lead", our_errors - errors)):
            row[name] = [float(lead.mean()), *bootstrap_interval(lead)]
        rows.append(row)
    return rows


def find_targets(
    model: InferenceModel,
    films: FilmTraits,
    people: Sequence[Respondent],
    interviews: Sequence[Interview],
) -> Values:
    """Return NDCG@10 (U,) of the films held back, ranked as served; what is known is left out.

    A recommended film that the person knows and was not asked about is neither right nor wrong.
    """
    gains = []
    for start in range(0, len(people), BATCH):
        batch = range(start, min(start + BATCH, len(people)))
        rows = np.stack([_score(model, films, people[n], interviews[n]) for n in batch])
        rows[:, 0] = -np.inf
        ranks = metrics.rank_targets(rows, [people[n].targets for n in batch])
        gains.append(metrics.ndcg(ranks, 10))
    return np.concatenate(gains)


def _score(
    model: InferenceModel, films: FilmTraits, person: Respondent, so_far: Interview
) -> NDArray[np.float32]:
    rated = np.array(so_far.rated, dtype=np.int64)
    if not len(rated):
        scores = score_newcomer(films, person.chosen)
    else:
        scores = model.scores(model.encode([rated]))[0]
        if len(rated) < FULL_HISTORY:
            scores = blend_few(scores, score_leaning(films, person.chosen, rated))
    scores = np.array(scores)
    scores[list(person.known)] = -np.inf
    return scores


def _predict(
    interviewer: Interviewer, people: Sequence[Respondent], interviews: Sequence[Interview]
) -> Values:
    """Return (U,) how far predicted stars are from those given to the films held back."""
    head, errors = interviewer.head, []
    for person, so_far in zip(people, interviews, strict=True):
        rated = interviewer.head_idx[np.array(so_far.rated, dtype=np.int64)]
        given = np.array([person.known[film] for film in so_far.rated], dtype=np.float32)
        forecast = head.predict(rated, given, interviewer.head_idx[person.targets])
        errors.append(float(np.abs(forecast.expected - person.stars).mean()))
    return np.array(errors)
