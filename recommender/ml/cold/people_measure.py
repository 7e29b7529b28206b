"""The measurement of new people: histories cut to none to four films, and what is shown then."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml import metrics
from recommender.ml.cold.people import (
    FilmTraits,
    blend_few,
    choose_genres,
    score_leaning,
    score_newcomer,
)
from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.inference import InferenceModel
from recommender.ml.significance import bootstrap_interval
from recommender.ml.splits import EvaluationSplit, last_n
from recommender.ml.tokens import items_of

NUM_TARGETS = 5
MIN_ANSWERED_FROM = 10
SHRINKAGE = 25.0
NO_GENRE = "(no genres listed)"
YEAR_OF_AGES = 2000
WAYS = ("the last ones before the targets", "drawn from the history, well-known ones likelier")
SERVED = "as served"

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Newcomer:
    """Somebody asked: what they would answer from, and what they are asked for.

    `earlier` are tokens of the whole history but for the last five films, `targets` item_idx of
    those five.
    """

    key: tuple[str, int]
    earlier: NDArray[np.int64]
    targets: NDArray[np.int32]


def describe_traits(
    model: InferenceModel, fitted: Interactions, movies: Mapping[int, MovieInfo]
) -> FilmTraits:
    """Return the traits of the model's films, padding first, from the ratings of `fitted`."""
    ids = model.movie_ids
    known = [movies.get(movie_id) for movie_id in ids.tolist()]
    names = sorted({g for info in known if info for g in info.genres} - {NO_GENRE})
    genres = np.zeros((len(ids), len(names)), dtype=np.bool_)
    for row, info in zip(genres, known, strict=True):
        if info is not None:
            row[[names.index(genre) for genre in info.genres if genre != NO_GENRE]] = True
    item_idx = model.index_of(fitted.movie_id)
    counts = np.bincount(item_idx, minlength=len(ids))
    sums = np.bincount(item_idx, weights=fitted.rating, minlength=len(ids))
    counts[0], sums[0] = 0, 0.0
    mean = sums.sum() / max(counts.sum(), 1)
    stars = (sums - counts * mean) / (counts + SHRINKAGE)
    years = np.array([info.year or 0 if info else 0 for info in known], dtype=np.int32)
    return FilmTraits(counts, stars.astype(np.float32), genres, tuple(names), years)


def gather_newcomers(
    model: InferenceModel, held_out: Interactions
) -> tuple[EvaluationSplit, list[Newcomer]]:
    """Return those held-out people with at least ten known films before their last five."""
    split = last_n(held_out, n=NUM_TARGETS)
    people = []
    for u, key in enumerate(split.person_keys):
        earlier = model.token_features.make_tokens(
            model.index_of(split.histories[u]),
            stars=split.stars[u],
            timestamps=split.timestamps[u] * int(split.true_times[u]),
        )
        people.append(Newcomer(key, earlier[earlier > 0], model.index_of(split.targets[u])))
    kept = [len(person.earlier) >= MIN_ANSWERED_FROM for person in people]
    return split.select(kept), [p for p, is_kept in zip(people, kept, strict=True) if is_kept]


def cut_history(
    person: Newcomer, count: int, way: str, counts: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return tokens of `count` films of a history: the last, or drawn, well-known ones likelier.

    The draw depends on the person and the count alone.
    """
    if way == WAYS[0] or not count:
        return person.earlier[len(person.earlier) - count :]
    digest = hashlib.sha256(f"cut/{count}/{person.key[0]}:{person.key[1]}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    weights = counts[items_of(person.earlier)] + 1.0
    return rng.choice(person.earlier, count, replace=False, p=weights / weights.sum())


@dataclass(frozen=True)
class PeopleBench:
    """What all rows share; `ages` maps people to age bands, where their data set tells them."""

    model: InferenceModel
    films: FilmTraits
    people: Sequence[Newcomer]
    ages: Mapping[tuple[str, int], int]

    def answers(self, person: Newcomer, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the genres a person would choose, by what they watched beside the `shown`."""
        return choose_genres(self.films, np.setdiff1d(items_of(person.earlier), shown))

    def age(self, person: Newcomer) -> int | None:
        """Return the age band, None where it is not known."""
        return self.ages.get(person.key)

    def score_none(self) -> dict[str, list[Scores]]:
        """Return the scores of each method for people who rated nothing."""
        rows: dict[str, list[Scores]] = {}
        none = np.empty(0, dtype=np.int64)
        for person in self.people:
            chosen, age = self.answers(person, none), self.age(person)
            newcomer = score_newcomer(self.films, chosen)
            with_age = score_newcomer(self.films, chosen, age_band=age, this_year=YEAR_OF_AGES)
            found = {
                "popularity": _weigh_popularity(self.films),
                "popularity and age": score_newcomer(
                    self.films, none, age_band=age, this_year=YEAR_OF_AGES
                ),
                "genre popularity, as served before": _served_before(self.films, chosen),
                "Transformer on the genres' three best": self._pseudo(chosen),
                SERVED: newcomer,
                "as served, age given": with_age,
            }
            for name, scores in found.items():
                rows.setdefault(name, []).append(scores)
        return rows

    def score_few(self, count: int, way: str) -> dict[str, list[Scores]]:
        """Return the scores of each method for histories cut to `count` films."""
        cut = [cut_history(person, count, way, self.films.counts) for person in self.people]
        network = self.model.scores(self.model.encode(cut))
        rows: dict[str, list[Scores]] = {}
        for person, tokens, scores in zip(self.people, cut, network, strict=True):
            shown = items_of(tokens)
            chosen, age = self.answers(person, shown), self.age(person)
            leaning = score_leaning(self.films, chosen, shown)
            aged = score_leaning(self.films, chosen, shown, age_band=age, this_year=YEAR_OF_AGES)
            kindred = _kindred_before(self.films, chosen, shown)
            found = {
                "popularity": _weigh_popularity(self.films),
                "genre popularity": score_newcomer(self.films, chosen),
                "blend, as served before": blend_few(scores, kindred, weight=count / 5),
                "Transformer alone": scores,
                "blend, half each": blend_few(scores, leaning, weight=0.5),
                SERVED: blend_few(scores, leaning),
                "as served, no genres answered": blend_few(
                    scores, score_leaning(self.films, chosen[:0], shown)
                ),
                "as served, age given": blend_few(scores, aged),
            }
            for name, values in found.items():
                rows.setdefault(name, []).append(_strike(values, shown))
        return rows

    def _pseudo(self, chosen: NDArray[np.int64]) -> Scores:
        """Return the Transformer's scores for the most popular three films of each genre."""
        popular = _weigh_popularity(self.films)
        best = [
            np.argsort(-np.where(self.films.genres[:, column], popular, -1.0))[:3]
            for column in chosen
        ]
        history = list(dict.fromkeys(np.concatenate(best)[::-1].tolist())) if best else []
        if not history:
            return popular
        scores: Scores = self.model.scores(self.model.encode([np.array(history)]))[0]
        return scores


def _strike(scores: Scores, seen: NDArray[np.int64]) -> Scores:
    struck = scores.copy()
    struck[seen] = -np.inf
    return struck


def _weigh_popularity(films: FilmTraits) -> Scores:
    """Return log count times the square of the mean stars: the site's plain popularity."""
    stars = np.square((3.5 + films.stars) / 5.0)
    return np.asarray(np.log1p(films.counts.astype(np.float32)) * stars, dtype=np.float32)


def _served_before(films: FilmTraits, chosen: NDArray[np.int64]) -> Scores:
    """Return what the site showed before: popularity, chosen genres first, their share a bonus."""
    popular = _weigh_popularity(films)
    popular = popular / max(float(popular.max()), 1e-9)
    if not len(chosen):
        return popular
    matched = films.genres[:, chosen].sum(axis=1)
    share = matched / np.maximum(films.genres.sum(axis=1), 1)
    return np.where(matched > 0, 1 + popular * (1 + 0.5 * share), popular).astype(np.float32)


def _kindred_before(
    films: FilmTraits, chosen: NDArray[np.int64], liked: NDArray[np.int64]
) -> Scores:
    """Return what the site blended before: popularity times likeness in genre and era."""
    flat = replace(films, counts=np.zeros_like(films.counts), stars=np.zeros_like(films.stars))
    profile = films.genres[liked].sum(axis=0) + np.isin(np.arange(films.genres.shape[1]), chosen)
    per_film = np.sqrt(np.maximum(films.genres.sum(axis=1), 1))
    cosine = films.genres @ profile / (per_film * max(float(np.linalg.norm(profile)), 1e-9))
    no_genres = np.zeros_like(films.genres)
    era = np.exp(score_leaning(replace(flat, genres=no_genres), chosen[:0], liked))
    return np.asarray(_weigh_popularity(films) * cosine * era, dtype=np.float32)


def describe_rows(
    bench: PeopleBench, rows: Mapping[str, Sequence[Scores]]
) -> dict[str, dict[str, Any]]:
    """Return Hit@10 and NDCG@10 of each method, and the lead of what is served over each."""
    targets = [person.targets for person in bench.people]
    sets = np.array([person.key[0] for person in bench.people])
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for name, scores in rows.items():
        table = np.stack(scores)
        table[:, 0] = -np.inf
        ranks = metrics.rank_targets(table, targets)
        found[name] = metrics.hit_rate(ranks, 10), metrics.ndcg(ranks, 10)
    described: dict[str, dict[str, Any]] = {}
    for name, (hits, gains) in found.items():
        row: dict[str, Any] = {
            "hit@10": [float(hits.mean()), *bootstrap_interval(hits)],
            "ndcg@10": [float(gains.mean()), *bootstrap_interval(gains)],
            "data_sets": {
                str(part): [float(hits[sets == part].mean()), float(gains[sets == part].mean())]
                for part in dict.fromkeys(sets.tolist())
            },
        }
        if name != SERVED:
            lead = found[SERVED][1] - gains
            row["served_leads"] = [float(lead.mean()), *bootstrap_interval(lead)]
        described[name] = row
    return described


def measure_people(bench: PeopleBench, split: EvaluationSplit) -> dict[str, Any]:
    """Return the tables for no film, and for one to four films cut in both ways."""
    head = {"people": len(bench.people), "split_hash": split.split_hash}
    tables = {"no film rated": {**head, "rows": describe_rows(bench, bench.score_none())}}
    for way in WAYS:
        for count in (1, 2, 3, 4):
            name = f"{count} film{'s' if count > 1 else ''} rated: {way}"
            tables[name] = {**head, "rows": describe_rows(bench, bench.score_few(count, way))}
    return tables
