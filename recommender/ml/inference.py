"""Serving a model directory with numpy and onnxruntime alone: the web process never needs torch."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import Vocabulary
from recommender.ml.errors import ArtifactError
from recommender.ml.occlusion import lay_out_deletions
from recommender.ml.ratings.inference import RatingHead
from recommender.ml.scoring import ItemTable, TableKind, make_table
from recommender.ml.sessions import RUNTIME_ERRORS, EncoderSession
from recommender.ml.stored_vectors import StoredVectors
from recommender.ml.tokens import TokenFeatures

__all__ = ["ArtifactError", "InferenceModel"]

EXACT_ROWS = 512
ENCODER_FILE, OCCLUSION_FILE = "model.onnx", "occlusion.onnx"


@dataclass(frozen=True)
class InferenceModel:
    """A trained model, ready to score the whole catalogue.

    `vocabulary` numbers its V films, padding included; `stored` and `table` hold the item vectors
    (V, D) with all that is static folded in, exact and as they are scored; `item_bias` (V,) float32
    or None; `popularity` (V,) int64 counts of the people trained on; `max_seq_len` is how many
    films the encoder reads, and `token_features` what it reads of them; `occluder` encodes without
    each of some films, and `rating_head` predicts stars: None in models without one.
    """

    card: dict[str, Any]
    vocabulary: Vocabulary
    stored: StoredVectors
    table: ItemTable
    item_bias: NDArray[np.float32] | None
    popularity: NDArray[np.int64]
    max_seq_len: int
    encoder: EncoderSession
    occluder: EncoderSession | None = None
    token_features: TokenFeatures = field(default_factory=TokenFeatures)
    rating_head: RatingHead | None = None

    @classmethod
    def load(
        cls, directory: Path, *, num_threads: int = 1, table: TableKind = "float32"
    ) -> InferenceModel:
        """Load a model directory as `export` wrote it, with an item table of this kind.

        Raises:
            ArtifactError: The folder or a file in it is missing, truncated or does not fit.
            TableUnavailableError: This kind of table needs what is not installed.
        """
        if not directory.is_dir():
            raise ArtifactError(f"{directory}: there is no such folder; train a model first")
        card = _load_card(directory / "card.json")
        arrays = _load_arrays(directory / "items.npz", leaving=("input_vectors",))
        try:
            stored = StoredVectors(arrays["item_vectors"], arrays.get("item_scale"))
            # Where inputs and outputs are tied, the graph reads the very array that is held here.
            shared = stored.halves[1:] if card["model"].get("tied") else None
            model = cls(
                card=card,
                vocabulary=Vocabulary(arrays["movie_ids"]),
                stored=stored,
                table=make_table(table, stored.read_all(), num_threads=num_threads),
                item_bias=arrays.get("item_bias"),
                popularity=arrays["popularity"],
                max_seq_len=int(card["model"]["max_seq_len"]),
                encoder=EncoderSession(
                    directory / ENCODER_FILE, num_threads=num_threads, table=shared
                ),
                occluder=_load_occluder(directory / OCCLUSION_FILE, num_threads, shared),
                token_features=TokenFeatures(
                    stars=bool(card["model"].get("star_features", False)),
                    times=bool(card["model"].get("time_features", False)),
                    seconds=bool(card["model"].get("relative_time_bias", False)),
                ),
                rating_head=RatingHead.load_beside(directory),
            )
            model.encode([np.array([1])])
        except (KeyError, TypeError, ValueError, *RUNTIME_ERRORS) as error:
            raise ArtifactError(f"{directory}: its files do not fit together: {error}") from error
        return model

    @property
    def movie_ids(self) -> NDArray[np.int64]:
        """Return the movie ids (V,) int64, rising; [0] == 0 is padding."""
        return self.vocabulary.movie_ids

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """Return a copy of all item vectors (V, D), with all that is static folded in."""
        return self.stored.read_all()

    @property
    def embedding_dim(self) -> int:
        """D."""
        return int(self.stored.halves.shape[1])

    def index_of(self, movie_ids: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int32]:
        """Return item_idx (int32, shape of the argument), 0 where a film is unknown."""
        return self.vocabulary.index_of(movie_ids)

    def encode(self, sequences: Sequence[NDArray[np.integer]]) -> NDArray[np.float32]:
        """Return hidden states (B, D) of sequences of tokens, oldest first, each at least 1 long.

        `token_features` makes the tokens; item_idx alone are tokens of which nothing more is known.
        Only the last `max_seq_len` are read.

        Raises:
            ValueError: A sequence is empty or holds 0, which is no film.
        """
        kept = [np.asarray(sequence)[-self.max_seq_len :] for sequence in sequences]
        lengths = np.array([len(sequence) for sequence in kept], dtype=np.int64)
        if len(kept) == 0:
            return np.zeros((0, self.embedding_dim), dtype=np.float32)
        if not lengths.all() or any((sequence == 0).any() for sequence in kept):
            raise ValueError("a sequence to encode must hold at least one film, and none unknown")
        item_idx = np.zeros((len(kept), int(lengths.max())), dtype=np.int64)
        for row, sequence in zip(item_idx, kept, strict=True):
            row[: len(sequence)] = sequence
        feed = {"item_idx": item_idx, "lengths": lengths}
        hidden: NDArray[np.float32] = self.encoder.run(feed)
        return hidden

    def encode_without_each(
        self, history: NDArray[np.integer], positions: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return hidden states (1 + R, D) of a history and of it without each position (R,).

        `history` (T,) holds two tokens or more, as for `encode`.
        """
        if self.occluder is None:
            shorter = [np.delete(history, position) for position in positions]
            # One by one: on one thread a batch is no faster, and takes R times the memory.
            return np.concatenate([self.encode([kept]) for kept in (history, *shorter)])
        is_read = positions >= len(history) - self.max_seq_len
        row = lay_out_deletions(history, positions[is_read], max_seq_len=self.max_seq_len)
        if len(history) <= self.max_seq_len:
            return self.occluder.run(row.feed)
        hidden = np.repeat(self.encode([history]), 1 + len(positions), axis=0)
        hidden[1:][is_read] = self.occluder.run(row.feed)
        return hidden

    def scores(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores (B, V) float32 of hidden states (B, D); padding is -inf.

        They are as near to exact as the table is.
        """
        scores = self.table.scores(hidden)
        if self.item_bias is not None:
            scores += self.item_bias
        scores[:, 0] = -np.inf
        return scores

    def exact_scores(
        self, hidden: NDArray[np.float32], item_idx: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return the exact scores (B, N) float32 of items (N,), whatever the table."""
        # Some at a time: a larger array would come from the kernel anew each time, page by page.
        scores = np.empty((len(hidden), len(item_idx)), dtype=np.float32)
        for start in range(0, len(item_idx), EXACT_ROWS):
            part = item_idx[start : start + EXACT_ROWS]
            scores[:, start : start + EXACT_ROWS] = hidden @ self.stored.read(part).T
        if self.item_bias is not None:
            scores += self.item_bias[item_idx]
        return scores

    def popularity_scores(self) -> NDArray[np.float32]:
        """Return (V,) float32: the log of each film's share of all ratings; padding is -inf."""
        counts = self.popularity + 1.0
        scores: NDArray[np.float32] = np.log(counts / counts[1:].sum()).astype(np.float32)
        scores[0] = -np.inf
        return scores


def read_movie_ids(directory: Path) -> NDArray[np.int64]:
    """Return the movie ids (V,) of a model directory, padding first, without loading the model.

    Raises:
        ArtifactError: `items.npz` is missing or broken.
    """
    ids: NDArray[np.int64] = _load_arrays(directory / "items.npz", only="movie_ids")["movie_ids"]
    return ids


def _load_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error.strerror}); not a model folder?"
        ) from error
    except ValueError as error:
        raise ArtifactError(f"{path}: is no JSON: {error}; copy the model anew") from error
    if not isinstance(card, dict):
        raise ArtifactError(f"{path}: is no model card")
    return card


def _load_arrays(
    path: Path, *, only: str | None = None, leaving: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = [name for name in archive.files if only in (None, name)]
            return {name: archive[name] for name in names if name not in leaving}
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: is missing; copy the model anew") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ArtifactError(
            f"{path}: is truncated or broken: {error}; copy the model anew"
        ) from error


def _load_occluder(
    path: Path, num_threads: int, table: NDArray[np.float16] | None
) -> EncoderSession | None:
    """Open the graph that makes reasons cheap; models of an earlier export have none.

    Raises:
        ArtifactError: There is one, and it is broken.
    """
    if not path.exists():
        return None
    return EncoderSession(path, num_threads=num_threads, table=table)
