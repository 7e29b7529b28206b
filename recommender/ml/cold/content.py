"""What is known of a film before anybody has rated it, as one row of numbers a film."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.ml.cold.content_text import reduce_terms, split_terms, weigh_terms
from recommender.ml.datasets import MovieInfo
from recommender.ml.errors import UsageError

NO_GENRE = "(no genres listed)"
FIRST_YEAR, LAST_YEAR, YEAR_STEP = 1920, 2020, 10
TEXT_RANK = 192
MIN_PAIR = 30

TextVectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to (N, K) float32, rows of zeros for empty texts."""


@dataclass(frozen=True)
class FilmFacts:
    """What the catalogue says of one film; all but the title may be missing."""

    title: str = ""
    year: int | None = None
    genres: tuple[str, ...] = ()
    text: str = ""
    tags: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but a title to go by."""
        return not (self.year or self.known_genres or self.text.strip() or self.tags)

    @property
    def known_genres(self) -> tuple[str, ...]:
        """The genres, without MovieLens' word for none."""
        return tuple(genre for genre in self.genres if genre != NO_GENRE)


def gather_facts(
    movies: Mapping[int, MovieInfo],
    texts: Mapping[int, str],
    tags: Mapping[int, Sequence[str]] | None = None,
) -> dict[int, FilmFacts]:
    """Join what data sets, texts and tags say, by movie id."""
    return {
        movie_id: FilmFacts(
            title=info.title,
            year=info.year,
            genres=info.genres,
            text=texts.get(movie_id, ""),
            tags=tuple((tags or {}).get(movie_id, ())),
        )
        for movie_id, info in movies.items()
    }


def load_texts(path: Path) -> dict[int, str]:
    """Read JSON lines of `movieId` and `extract`, plain or .gz.

    Raises:
        UsageError: The file cannot be read, or a line is not such an object.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    texts: dict[int, str] = {}
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):  # noqa: B007 - named in the error
                row = json.loads(line)
                texts[int(row["movieId"])] = str(row["extract"] or "")
    except (OSError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; give a file of JSON lines") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}, line {number}: is no object of movieId and extract: {error}"
        ) from error
    return texts


def lsa_vectors(texts: Sequence[str], *, rank: int = TEXT_RANK) -> NDArray[np.float32]:
    """Return (N, rank) float32: latent semantic analysis of the texts, scaled to length ~1."""
    reduced = reduce_terms(weigh_terms([split_terms(text) for text in texts]), rank)
    return _scale_to_unit(reduced)


def _scale_to_unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide by the root mean square length of the rows that are not zero."""
    lengths = np.linalg.norm(values, axis=1)
    if not lengths.any():
        return values
    return np.asarray(values / np.sqrt(np.mean(lengths[lengths > 0] ** 2)), dtype=np.float32)


def build_features(
    films: Sequence[FilmFacts], *, text_vectors: TextVectors = lsa_vectors
) -> NDArray[np.float32]:
    """Return (N, K) float32: genres, pairs of genres, years, and text with tags, side by side.

    Each part has rows of length about 1, of zeros where a film says nothing: it then counts as
    average in what it does not say.
    """
    documents = [" ".join([film.text, *film.tags]).strip() for film in films]
    parts = [
        _genre_columns([film.known_genres for film in films]),
        _year_columns([film.year for film in films]),
        text_vectors(documents),
        np.array([[float(bool(document))] for document in documents], np.float32).reshape(-1, 1),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _genre_columns(genres: Sequence[tuple[str, ...]]) -> NDArray[np.float32]:
    """Return genres, and pairs of genres that at least 30 films have, rows of length 1 each."""
    singles = sorted({genre for listed in genres for genre in listed})
    column = {genre: place for place, genre in enumerate(singles)}
    matrix = np.zeros((len(genres), len(singles)), dtype=np.float32)
    for row, listed in enumerate(genres):
        matrix[row, [column[genre] for genre in listed]] = 1.0
    together = matrix.T @ matrix
    left, right = np.nonzero(np.triu(together >= MIN_PAIR, 1))
    pairs = matrix[:, left] * matrix[:, right]
    return np.concatenate([_unit_rows(matrix), _unit_rows(pairs)], axis=1)


def _year_columns(years: Iterable[int | None]) -> NDArray[np.float32]:
    """Return bells of a decade's width around every tenth year; zeros where it is unknown."""
    known = np.array([year or 0 for year in years], dtype=np.float32)
    centres = np.arange(FIRST_YEAR, LAST_YEAR + 1, YEAR_STEP, dtype=np.float32)
    held = np.clip(known, FIRST_YEAR, LAST_YEAR + YEAR_STEP // 2)
    bells = np.exp(-np.square((held[:, None] - centres) / YEAR_STEP))
    return _unit_rows(np.where(known[:, None] > 0, bells, 0.0).astype(np.float32))


def _unit_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    scaled = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0)
    return np.asarray(scaled, dtype=np.float32)
