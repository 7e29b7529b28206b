"""Neural collaborative filtering: matrix factorisation and a small network, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.ml.baselines.neural import NeuralBaseline

SCORED_TOGETHER = 16
"""People scored at a time: each takes V x embedding_dim floats."""


class NeuMF(nn.Module):
    """Scores people against movies: a weighted product of vectors plus a tower of three layers.

    Every vector is two side by side, one for the product and one for the tower (He et al., WWW
    2017, figure 3). `read` (V, 2D) are the vectors that a person's is made of, `items` (V, 2D)
    those of the movies that are scored.
    """

    def __init__(self, num_items: int, dim: int) -> None:
        super().__init__()
        self.read = nn.Parameter(torch.randn(num_items, 2 * dim) * 0.1)
        self.items = nn.Parameter(torch.randn(num_items, 2 * dim) * 0.1)
        self.lower_person = nn.Linear(dim, dim, bias=False)  # the halves of one layer of 2D inputs
        self.lower_item = nn.Linear(dim, dim)
        self.tower = nn.Sequential(
            nn.ReLU(),
            nn.Linear(dim, dim // 2),
            nn.ReLU(),
            nn.Linear(dim // 2, dim // 4),
            nn.ReLU(),
            nn.Linear(dim // 4, 1),
        )
        self.product = nn.Parameter(torch.ones(dim))

    def forward(self, people: Tensor, rows: Tensor | None = None) -> Tensor:
        """Logits (N, K) of people (N, 2D) against item_idx `rows` (N, K), or all V movies."""
        person_product, person_tower = people.chunk(2, dim=-1)
        item_product, item_tower = self.items.chunk(2, dim=-1)
        lower = self.lower_item(item_tower)  # (V, D), once for all people
        if rows is None:
            product = (person_product * self.product) @ item_product.T  # (N, V)
        else:
            lower = functional.embedding(rows, lower)  # (N, K, D)
            chosen = functional.embedding(rows, item_product)
            product = (chosen @ (person_product * self.product)[:, :, None])[..., 0]
        tower: Tensor = self.tower(self.lower_person(person_tower)[:, None] + lower)[..., 0]
        return product + tower


@dataclass(kw_only=True, eq=False)
class NeuralCF(NeuralBaseline):
    """NeuMF trained with binary cross-entropy against `num_negatives` unwatched movies each.

    He et al., "Neural Collaborative Filtering" (WWW 2017), equations 7 and 12, but for one thing:
    there a person is a learned vector, so nobody new can be asked. Here a person is the sum of
    the vectors of the movies watched, over their number to the power `pooling` (as FISM has it:
    Kabbur et al., KDD 2013); in training the movie to be foreseen is left out of the
    sum. The order of a history plays no part.
    """

    name: ClassVar[str] = "ncf"

    learning_rate: float = 5e-3
    batch_size: int = 4096
    num_negatives: int = 4
    pooling: float = 1.0
    network: NeuMF = field(init=False)

    def __post_init__(self) -> None:
        """Refuse options that the network cannot have."""
        super().__post_init__()
        if self.embedding_dim % 4:
            raise ValueError("embedding_dim must be a multiple of 4")
        if self.num_negatives < 1 or not 0.0 <= self.pooling <= 1.0:
            raise ValueError("num_negatives must be at least 1 and pooling within 0..1")

    def build(self, watched: sparse.csr_matrix) -> NeuMF:
        """Return the network; keep who watched what."""
        self.watched = watched
        return NeuMF(watched.shape[1], self.embedding_dim)

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        """Yield the losses of groups of people with about `batch_size` movies together."""
        people = rng.permutation(self.watched.shape[0])
        ends = np.cumsum(np.diff(self.watched.indptr)[people])
        cuts = np.flatnonzero(np.diff(ends // self.batch_size)) + 1
        for group in np.split(people, cuts):
            rows = self.watched[group]
            if rows.nnz:
                yield self._loss(rows, rng)

    def _loss(self, rows: sparse.csr_matrix, rng: np.random.Generator) -> Tensor:
        """Return the mean loss of all movies of some people: (P, V) of 0 and 1."""
        network = self.network
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))  # (N,)
        drawn = rng.integers(1, rows.shape[1], size=(rows.nnz, self.num_negatives))
        unwatched = torch.from_numpy(~(rows.toarray() > 0)[owner[:, None], drawn])  # (N, K)
        positive = torch.from_numpy(rows.indices.astype(np.int64))  # (N,)
        candidates = torch.cat([positive[:, None], torch.from_numpy(drawn)], dim=1)
        bags = torch.from_numpy(rows.indptr[:-1].astype(np.int64))
        sums = functional.embedding_bag(positive, network.read, bags, mode="sum")  # (P, 2D)
        others = torch.from_numpy(np.diff(rows.indptr) - 1).clamp_min(1)[owner]
        person = torch.from_numpy(owner)
        left = functional.embedding(person, sums) - functional.embedding(positive, network.read)
        logits = network(left / others[:, None] ** self.pooling, candidates)  # (N, 1 + K)
        against = functional.softplus(logits[:, 1:]) * unwatched
        total = functional.softplus(-logits[:, 0]).sum() + against.sum()
        mean: Tensor = total / (rows.nnz + unwatched.sum())
        return mean

    def score_filled(self, histories: Sequence[NDArray[np.int32]]) -> Tensor:
        """Score all movies (B, V), a few people at a time."""
        network = self.network
        items = torch.from_numpy(np.concatenate(histories).astype(np.int64))
        lengths = torch.tensor([len(history) for history in histories])
        bags = lengths.cumsum(0) - lengths
        people = functional.embedding_bag(items, network.read, bags, mode="sum")
        people = people / lengths[:, None] ** self.pooling
        return torch.cat([network(part) for part in torch.split(people, SCORED_TOGETHER)])
