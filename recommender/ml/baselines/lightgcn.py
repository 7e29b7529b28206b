"""LightGCN: vectors of people and movies smoothed over the graph of who watched what."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.ml.baselines.base import history_matrix
from recommender.ml.baselines.neural import NeuralBaseline


def propagate(matrix: Tensor, transposed: Tensor, vectors: Tensor) -> Tensor:
    """Return matrix (N, M) CSR @ vectors (M, D).

    torch could derive the gradient itself, but takes twenty times as long for the transpose.
    """
    product: Tensor = _Propagate.apply(matrix, transposed, vectors)  # type: ignore[no-untyped-call]
    return product


class _Propagate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, vectors: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ vectors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ gradients[0]


class Vectors(nn.Module):
    """All that LightGCN learns: people (P, D) and movies (V, D) before any layer."""

    def __init__(self, num_people: int, num_items: int, dim: int) -> None:
        super().__init__()
        self.people = nn.Parameter(torch.randn(num_people, dim) * 0.1)
        self.items = nn.Parameter(torch.randn(num_items, dim) * 0.1)


@dataclass(kw_only=True, eq=False)
class LightGCN(NeuralBaseline):
    """Mean of the vectors after 0 to `num_layers` averagings over neighbours, trained with BPR.

    He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation"
    (SIGIR 2020), equations 7 and 8 with all weights equal, and 15 for the loss with its penalty
    `l2`. People never trained on have no vector of their own: theirs is what the layers bring
    from the movies they watched, that is equation 8 with 0 for the layer before any. The order
    of a history plays no part.
    """

    name: ClassVar[str] = "lightgcn"

    learning_rate: float = 0.02
    batch_size: int = 65_536
    epochs: int = 1000
    patience: int = 40
    num_layers: int = 2
    l2: float = 1e-4
    network: Vectors = field(init=False)

    def __post_init__(self) -> None:
        """Refuse options that the network cannot have."""
        super().__post_init__()
        if self.num_layers < 1 or self.l2 < 0:
            raise ValueError("num_layers must be at least 1 and l2 at least 0")

    def build(self, watched: sparse.csr_matrix) -> Vectors:
        """Return the vectors; keep the graph, each edge over the roots of both degrees."""
        watched.sort_indices()
        num_items = watched.shape[1]
        people = np.repeat(np.arange(watched.shape[0]), np.diff(watched.indptr))
        self.edges = people * num_items + watched.indices  # (N,) int64, rising
        self.item_scale = _inverse_roots(np.bincount(watched.indices, minlength=num_items))
        person_scale = _inverse_roots(np.diff(watched.indptr))
        graph = sparse.diags(person_scale) @ watched @ sparse.diags(self.item_scale)
        self.to_people, self.to_items = _as_torch(graph), _as_torch(graph.T)
        return Vectors(watched.shape[0], num_items, self.embedding_dim)

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        """Yield the BPR loss of batches of edges, each beside a movie that person did not watch."""
        network = self.network
        num_items = len(self.vocabulary)
        for edges in np.array_split(
            rng.permutation(self.edges), max(1, round(len(self.edges) / self.batch_size))
        ):
            drawn = rng.integers(1, num_items, size=len(edges))
            wanted = edges // num_items * num_items + drawn
            places = np.searchsorted(self.edges, wanted).clip(max=len(self.edges) - 1)
            kept = self.edges[places] != wanted  # what was watched is no negative
            person, positive, negative = (
                torch.from_numpy(rows[kept])
                for rows in (edges // num_items, edges % num_items, drawn)
            )
            people, items = self._smooth(network.people)
            asked = functional.embedding(person, people)
            better, worse = (functional.embedding(rows, items) for rows in (positive, negative))
            lead = (asked * (better - worse)).sum(-1)
            read = (
                functional.embedding(person, network.people),
                functional.embedding(positive, network.items),
                functional.embedding(negative, network.items),
            )
            size = torch.stack([vectors.square().sum(-1).mean() for vectors in read]).sum()
            yield functional.softplus(-lead).mean() + self.l2 * size

    def _smooth(self, people: Tensor) -> tuple[Tensor, Tensor]:
        """Return the final vectors of people (P, D) and movies (V, D)."""
        items: Tensor = self.network.items
        people_sum, item_sum = people, items
        for _ in range(self.num_layers):
            people, items = (
                propagate(self.to_people, self.to_items, items),
                propagate(self.to_items, self.to_people, people),
            )
            people_sum, item_sum = people_sum + people, item_sum + items
        return people_sum / (self.num_layers + 1), item_sum / (self.num_layers + 1)

    @torch.no_grad()
    def freeze(self) -> None:
        """Compute the final vectors of movies, and what each adds to a person who watched it."""
        people: Tensor = self.network.people
        items: Tensor = self.network.items
        layers = [items]
        for _ in range(self.num_layers):
            people, items = self.to_people @ items, self.to_items @ people
            layers.append(items)
        self.final_items = torch.stack(layers).mean(0)  # (V, D)
        brought = torch.stack(layers[:-1]).sum(0) / (self.num_layers + 1)
        self.shares = brought.numpy() * self.item_scale[:, None]  # (V, D)

    def score_filled(self, histories: Sequence[NDArray[np.int32]]) -> Tensor:
        """Score all movies (B, V)."""
        rows = history_matrix(histories, len(self.vocabulary))
        scale = _inverse_roots(np.array([len(history) for history in histories]))
        people = (rows @ self.shares) * scale[:, None]
        return torch.from_numpy(people) @ self.final_items.T


def _inverse_roots(degrees: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return 1 / sqrt(degree), 0 for what has no neighbours."""
    roots = np.sqrt(degrees.clip(min=1)).astype(np.float32)
    return np.where(degrees > 0, 1.0 / roots, 0.0).astype(np.float32)


def _as_torch(matrix: sparse.spmatrix) -> Tensor:
    """Return a scipy matrix as float32 CSR of torch."""
    rows = sparse.csr_matrix(matrix, dtype=np.float32)
    starts, columns = (
        torch.from_numpy(part.astype(np.int64)) for part in (rows.indptr, rows.indices)
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse")  # says that it is new and unchecked
        return torch.sparse_csr_tensor(starts, columns, torch.from_numpy(rows.data), rows.shape)
