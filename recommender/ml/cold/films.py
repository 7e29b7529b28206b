"""Rows for films that a network was not trained on: a start from content, and a bounded way on.

A row is start + delta. The start is what the content map says; the delta is trained with the rest
in a fine-tuning and its length never exceeds a share of the start's, a share that grows with the
number of people who rated the film. A film nobody rated stays where its content puts it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ml.checkpoint import SavedModel
from recommender.ml.cold.content import FilmFacts, TextVectors, build_features, lsa_vectors
from recommender.ml.cold.content_map import ContentMap
from recommender.ml.transformer import SequenceTransformer

MIN_KNOWN = 10


@dataclass(frozen=True)
class NewFilms:
    """Rows to add to a network's tables, by rising `movie_ids` (N,) int64.

    `items` (N, D) float32; `outputs` likewise where the network has a table of its own for scores;
    `bias` (N,) where it has one.
    """

    movie_ids: NDArray[np.int64]
    items: NDArray[np.float32]
    outputs: NDArray[np.float32] | None
    bias: NDArray[np.float32] | None


@dataclass(frozen=True)
class DeltaLimits:
    """How far a new row may move from its start when n people rated the film.

    The vector by `vector_share` · n / (n + half) of the start's length; the bias by `bias_range`
    times the same, and upwards only, for not having been rated before it came says nothing against
    a film. Each step moves them `rate` times as far as it would others.
    """

    vector_share: float = 1.0
    bias_range: float = 2.0
    half: float = 5.0
    rate: float = 20.0

    def share_of(self, counts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return (N,) float32 from 0 for unrated films towards 1."""
        return np.asarray(counts / (counts + self.half), dtype=np.float32)


def choose_new_films(
    facts: Mapping[int, FilmFacts], known_ids: NDArray[np.int64], rated_ids: Collection[int]
) -> NDArray[np.int64]:
    """Return the ids (N,), rising, that deserve a row: unknown, and described or rated."""
    unknown = set(facts) - set(known_ids.tolist())
    rated = set(rated_ids)
    kept = [pk for pk in unknown if pk > 0 and (pk in rated or not facts[pk].is_blank)]
    return np.array(sorted(kept), dtype=np.int64)


def start_new_films(
    saved: SavedModel,
    facts: Mapping[int, FilmFacts],
    new_ids: NDArray[np.int64],
    *,
    text_vectors: TextVectors = lsa_vectors,
) -> NewFilms:
    """Give new films the rows that their content predicts, learned on the films in `saved`.

    Only films that somebody rated and that `facts` describe teach; where fewer than ten do, new
    rows are the mean of all.
    """
    model, teaching = saved.model, _find_teaching(saved, facts)
    bias = None if model.bias is None else model.bias.detach().numpy()
    tables = [model.items] if model.outputs is None else [model.items, model.outputs]
    if len(teaching) < MIN_KNOWN:
        rows = [np.tile(_table(t).mean(axis=0), (len(new_ids), 1)) for t in tables]
        low = None if bias is None else np.full(len(new_ids), np.quantile(bias, 0.05), np.float32)
        return NewFilms(new_ids, rows[0], rows[1] if len(rows) > 1 else None, low)
    known_ids = saved.movie_ids[teaching].tolist()
    features = build_features(
        [facts[movie_id] for movie_id in [*known_ids, *new_ids.tolist()]],
        text_vectors=text_vectors,
    )
    known, new = features[: len(teaching)], features[len(teaching) :]
    popularity, places = saved.popularity[teaching], teaching - 1
    maps = [
        ContentMap.fit(
            known, _table(table)[places], None if bias is None else bias[places], popularity
        )
        for table in tables
    ]
    rows = [learned.predict_vectors(new) for learned in maps]
    predicted = maps[-1].predict_bias(new)
    return NewFilms(new_ids, rows[0], rows[1] if len(rows) > 1 else None, predicted)


def _find_teaching(saved: SavedModel, facts: Mapping[int, FilmFacts]) -> NDArray[np.int64]:
    """Return item_idx of the films that somebody rated and that `facts` describe."""
    described = np.isin(saved.movie_ids, list(facts)) & (saved.popularity > 0)
    described[0] = False  # padding
    return np.flatnonzero(described)


def _table(table: Tensor) -> NDArray[np.float32]:
    return np.asarray(table.detach().numpy(), dtype=np.float32)


def grow_model(saved: SavedModel, new: NewFilms) -> SavedModel:
    """Return a network that knows the new films too, its rows in the order of movie ids.

    Everything else is the old network's. Nobody is counted as having rated the new films.

    Raises:
        ValueError: A film is known already, or a part that the network needs is missing.
    """
    if np.isin(new.movie_ids, saved.movie_ids).any():
        raise ValueError("a new film is in the model already")
    old = saved.model
    movie_ids = np.concatenate([saved.movie_ids, new.movie_ids])
    order = np.argsort(movie_ids, kind="stable")
    rows = torch.from_numpy(order[1:] - 1)  # without padding, which stays first
    parts = {"items": new.items, "outputs": new.outputs, "bias": new.bias}
    state = dict(old.state_dict())
    for name, values in parts.items():
        if name in state:
            if values is None:
                raise ValueError(f"the network has {name}, the new films have none")
            state[name] = torch.cat([state[name], torch.from_numpy(values)])[rows]
    grown = SequenceTransformer(len(movie_ids) - 1, old.config)
    grown.load_state_dict(state)
    popularity = np.concatenate([saved.popularity, np.zeros(len(new.movie_ids), dtype=np.int64)])
    return replace(
        saved, model=grown.eval(), movie_ids=movie_ids[order], popularity=popularity[order]
    )


def count_raters(
    histories: Sequence[NDArray[np.int64]], movie_ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (N,) how many of the histories hold each of the films `movie_ids` (N,), rising."""
    if not len(histories):
        return np.zeros(len(movie_ids), dtype=np.int64)
    seen = np.concatenate([np.unique(history) for history in histories])
    wanted = seen[np.isin(seen, movie_ids)]
    return np.bincount(np.searchsorted(movie_ids, wanted), minlength=len(movie_ids)).astype(
        np.int64
    )


class BoundedRows:
    """Lets the rows of new films learn faster than others, but never far from their starts."""

    def __init__(
        self,
        model: SequenceTransformer,
        rows: NDArray[np.int64],
        counts: NDArray[np.int64],
        limits: DeltaLimits | None = None,
    ) -> None:
        """Take the rows (item_idx - 1) as they are now for starts; `counts` (N,) raters of each."""
        self.limits = limits or DeltaLimits()
        self.rows = torch.from_numpy(rows)
        share = torch.from_numpy(self.limits.share_of(counts))
        tables = [p for p in (model.items, model.outputs, model.bias) if p is not None]
        self.tables = tables
        self.starts = [table.detach()[self.rows].clone() for table in tables]
        self.bounds = [
            share * self.limits.bias_range
            if start.dim() == 1
            else share * self.limits.vector_share * start.norm(dim=1)
            for start in self.starts
        ]
        self.before: list[Tensor] = []

    @torch.no_grad()
    def remember(self) -> None:
        """Note where the rows are, just before an optimiser step."""
        self.before = [table[self.rows].clone() for table in self.tables]

    @torch.no_grad()
    def settle(self) -> None:
        """Lengthen what the step did to the rows, then bring them back within their bounds."""
        for table, start, bound, before in zip(
            self.tables, self.starts, self.bounds, self.before, strict=True
        ):
            moved = before + self.limits.rate * (table[self.rows] - before)
            table[self.rows] = start + _shorten(moved - start, bound)


def _shorten(delta: Tensor, bound: Tensor) -> Tensor:
    """Scale rows (N, D) down to a length of at most `bound` (N,); keep numbers (N,) in 0..bound."""
    if delta.dim() == 1:
        return delta.clamp_min(0.0).minimum(bound)
    lengths: Tensor = delta.norm(dim=1).clamp_min(1e-12)
    return delta * (bound / lengths).clamp_max(1.0)[:, None]
