"""Predicting the stars one person would give, with numpy alone: what a web process serves.

A person is a normal vector (see `ratings.factors`). The stars in the history turn that prior into a
posterior in closed form (Bayesian linear regression with unknown scale, Bishop 2006, sections 3.3
and 3.5): no rating, five or a thousand, the same formula. Older ratings count less, a person whose
stars scatter more gets wider ranges, and so does a film few people rated. The last step puts the
normal prediction on the stars people can give: whole ones, or halves too where the history has any.

Shapes use T ratings of a history, N films asked about, C coordinates, V films, S = 10 star values.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.ml.datasets import find_indices
from recommender.ml.errors import ArtifactError
from recommender.ml.files import write_file
from recommender.ml.ratings.forecast import StarForecast, cell_masses

RATING_FILE = "rating.npz"
MAX_HISTORY = 1000
LEVELS = (0.5, 0.8, 0.9)
LENGTH_EDGES = (5, 20, 100)
FORMAT = 1

Array = NDArray[np.float32]


@dataclass(frozen=True)
class _Person:
    """A person after the stars `given` (K,): `taste` (C,), its `covariance` (C, C), `scatter`."""

    given: NDArray[np.floating]
    taste: NDArray[np.float64]
    covariance: NDArray[np.float64]
    scatter: float


@dataclass(frozen=True)
class RatingHead:
    """All that predicting stars needs; made by `ratings.training`, kept in `rating.npz`.

    `movie_ids` (V,) int64 rising, [0] == 0 is a film nobody rated; `bias` (V,) and `loadings`
    (V, C) in stars; `noise` and `doubt` (V,) variances; `leaning` (V, C) what having watched a film
    says of a person, averaged with `watched_shrinkage` films that say nothing. `age_power` and
    `age_scale` say how a film's weight falls with the films since: (1 + age / scale)^-power.
    `spread_weight` is how many ratings' worth the prior of a person's scatter has. `whole_cuts`
    (4,) and `half_cuts` (9,) part the stars; of those with no half star in n ratings, a share of
    half_share * whole_rate^n over itself and the others gives halves. `stretch` (3, 4) is half the
    width, in standard deviations, of the intervals of each of LEVELS after fewer than 5, 20 and 100
    ratings, and after more. `record` says how it was made.
    """

    movie_ids: NDArray[np.int64]
    mean: float
    bias: Array
    loadings: Array
    noise: Array
    doubt: Array
    leaning: Array
    watched_shrinkage: float
    age_power: float
    age_scale: float
    spread_weight: float
    noise_scale: float
    whole_cuts: Array
    half_cuts: Array
    half_share: float
    whole_rate: float
    stretch: Array
    record: dict[str, Any]

    def index_of(self, movie_ids: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int32]:
        """Return indices (int32, shape of the argument), 0 where a film is unknown."""
        return find_indices(self.movie_ids, movie_ids)

    def predict(
        self,
        history: NDArray[np.integer],
        stars: NDArray[np.floating],
        candidates: NDArray[np.integer],
        *,
        unknown_bias: NDArray[np.floating] | None = None,
    ) -> StarForecast:
        """Predict the stars of `candidates` (N,) once `history` (T,), oldest first, got `stars`.

        All films are this head's indices; those unknown (0) in the history are left out, and of
        those asked about nothing is assumed but `unknown_bias` (N,), stars above the mean, where
        given. Stars are NaN where a film was watched and not rated. Only the last 1,000 films are
        read.
        """
        person = self._read_person(history, stars)
        centre, variance = self._predict_normal(person, candidates)
        if unknown_bias is not None:
            centre = centre + np.where(candidates == 0, unknown_bias, 0.0)
        share = np.array([self.share_of_halves(person.given)])
        return self.put_on_scale(centre, variance, share=share, num_rated=len(person.given))

    def expect(
        self,
        history: NDArray[np.integer],
        stars: NDArray[np.floating],
        candidates: NDArray[np.integer],
        *,
        unknown_bias: NDArray[np.floating],
    ) -> Array:
        """Return the expected stars (N,) alone, as `predict` does: for ranking a catalogue.

        Without the distributions tens of thousands of films take a few milliseconds.
        """
        person = self._read_person(history, stars)
        centre = self.mean + self.bias + self.loadings @ person.taste.astype(np.float32)  # (V,)
        expected = np.asarray(centre[candidates], dtype=np.float32)
        # In place: this is done for each person of a company.
        np.add(expected, unknown_bias, out=expected, where=candidates == 0, casting="same_kind")
        return np.clip(expected, 0.5, 5.0, out=expected)

    def put_on_scale(
        self, centre: NDArray[Any], variance: NDArray[Any], *, share: NDArray[Any], num_rated: int
    ) -> StarForecast:
        """Put normals (N,) on the stars of somebody who gave `num_rated`, a `share` (N,) halves."""
        deviation = np.sqrt(variance)
        whole = cell_masses((self.whole_cuts - centre[:, None]) / deviation[:, None])
        half = cell_masses((self.half_cuts - centre[:, None]) / deviation[:, None])
        probabilities = share[:, None] * half
        probabilities[:, 1::2] += (1 - share[:, None]) * whole
        column = self.stretch[:, np.searchsorted(LENGTH_EDGES, num_rated, side="right")]
        stretch = dict(zip(LEVELS, column.tolist(), strict=True))
        expected = np.clip(centre, 0.5, 5.0).astype(np.float32)
        return StarForecast(expected, probabilities.astype(np.float32), stretch)

    def share_of_halves(self, stars: NDArray[np.floating]) -> float:
        """Return how likely it is that somebody who gave these stars (T,) gives half stars."""
        if np.any(np.asarray(stars) % 1 != 0):
            return 1.0
        weight = self.half_share * self.whole_rate ** len(stars)
        return float(weight / (weight + 1 - self.half_share))

    def _read_person(self, history: NDArray[np.integer], stars: NDArray[np.floating]) -> _Person:
        """Return the posterior after the last films of a history (T,) that this head knows."""
        known = history > 0
        past, given = history[known][-MAX_HISTORY:], stars[known][-MAX_HISTORY:]
        age = np.arange(len(past) - 1, -1, -1, dtype=np.float64)
        weight = (1 + age / self.age_scale) ** -self.age_power
        leaning = weight @ self.leaning[past] / (weight.sum() + self.watched_shrinkage)  # (C,)
        rated = ~np.isnan(given)
        past, given, weight = past[rated], given[rated], weight[rated]
        x = self.loadings[past].astype(np.float64)  # (T, C)
        precise = weight / self.noise[past]
        left = given - self.mean - self.bias[past] - x @ leaning
        weighted = x * precise[:, None]
        pull = weighted.T @ left
        covariance = np.linalg.inv(np.eye(self.loadings.shape[1]) + weighted.T @ x)
        change = covariance @ pull  # (C,)
        misfit = float(precise @ np.square(left) - pull @ change)
        prior = self.spread_weight
        scatter = (prior + misfit) / (prior + weight.sum())
        return _Person(given, leaning + change, covariance, scatter)

    def _predict_normal(
        self, person: _Person, asked: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return centre and variance (N,) of the latent stars, before they are put on a scale."""
        y = self.loadings[asked].astype(np.float64)  # (N, C)
        centre = self.mean + self.bias[asked] + y @ person.taste
        open_ = np.einsum("na,ab,nb->n", y, person.covariance, y)
        noise = self.noise_scale * self.noise[asked] + self.doubt[asked]
        return centre, person.scatter * (noise + open_)

    def save(self, path: Path) -> None:
        """Write `rating.npz`: films as float16, the rest exact.

        Raises:
            ArtifactError: It cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "movie_ids": self.movie_ids.astype(np.int32),
            "bias": self.bias.astype(np.float16),
            "loadings": self.loadings.astype(np.float16),
            "noise": self.noise.astype(np.float16),
            "doubt": self.doubt.astype(np.float16),
            "leaning": self.leaning.astype(np.float16),
            "whole_cuts": self.whole_cuts,
            "half_cuts": self.half_cuts,
            "scalars": np.array([getattr(self, name) for name in SCALARS], dtype=np.float64),
            "stretch": self.stretch.astype(np.float32),
            "record": np.array(json.dumps({"format": FORMAT, **self.record})),
        }
        write_file(path, lambda aside: _write_npz(aside, arrays))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `rating.npz`.

        Raises:
            ArtifactError: It is missing, truncated or of another format.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            return cls(**_fields(arrays))
        except FileNotFoundError as error:
            raise ArtifactError(f"{path}: is missing; run fit-ratings") from error
        except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ArtifactError(f"{path}: is broken: {error}; run fit-ratings anew") from error

    @classmethod
    def load_beside(cls, directory: Path) -> Self | None:
        """Read the head of a model directory; None where it has none, as older ones do.

        Raises:
            ArtifactError: There is one, and it is broken.
        """
        path = directory / RATING_FILE
        return cls.load(path) if path.exists() else None


SCALARS = (
    "mean",
    "watched_shrinkage",
    "age_power",
    "age_scale",
    "spread_weight",
    "noise_scale",
    "half_share",
    "whole_rate",
)


def _write_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with path.open("wb") as stream:  # given a name, numpy would add a suffix to it
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def _fields(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Turn the members of the file into fields.

    Raises:
        ValueError: They do not fit together.
    """
    record = json.loads(str(arrays["record"]))
    if record.pop("format") != FORMAT:
        raise ValueError("another format")
    films = {name: arrays[name].astype(np.float32) for name in ("bias", "noise", "doubt")}
    loadings, leaning = (arrays[name].astype(np.float32) for name in ("loadings", "leaning"))
    movie_ids = arrays["movie_ids"].astype(np.int64)
    lengths = {len(movie_ids), len(loadings), *map(len, films.values())}
    if len(lengths) != 1 or loadings.ndim != 2 or leaning.shape != loadings.shape:
        raise ValueError("its tables have different lengths")
    return {
        "movie_ids": movie_ids,
        "loadings": loadings,
        "leaning": leaning,
        **films,
        "whole_cuts": arrays["whole_cuts"],
        "half_cuts": arrays["half_cuts"],
        **dict(zip(SCALARS, arrays["scalars"].tolist(), strict=True)),
        "stretch": arrays["stretch"].reshape(len(LEVELS), len(LENGTH_EDGES) + 1),
        "record": record,
    }
