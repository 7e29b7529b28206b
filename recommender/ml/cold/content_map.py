"""From a film's content to the vector that training would have given it, learned on known films.

A weighted ridge regression (Hoerl & Kennard 1970) of trained unit vectors on content features, as
attribute-to-feature maps do (Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for
Cold-Start Recommendations"). Length and bias are regressed apart and kept within what known films
have, so that no content makes a film taller than its betters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
SUPPORT_HALF = 20.0
CHECK_EVERY = 10
LENGTH_QUANTILES = (0.1, 0.9)
BIAS_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Ridge:
    """A linear map with an intercept: `weights` (K, D), `centre` (K,), `level` (D,) float64."""

    weights: NDArray[np.float64]
    centre: NDArray[np.float64]
    level: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float32],
        targets: NDArray[np.float32],
        support: NDArray[np.float64],
        penalty: float,
    ) -> Ridge:
        """Minimise the sum of support · |target - map|² plus penalty · |weights|².

        `features` (N, K), `targets` (N, D), `support` (N,) positive; weights are relative to the
        mean support, so that a penalty means the same whatever the support's unit.
        """
        share = support / support.sum()
        centre, level = share @ features, share @ targets
        x = (features - centre) * np.sqrt(share * len(share))[:, None]
        y = (targets - level) * np.sqrt(share * len(share))[:, None]
        gram = x.T @ x + penalty * np.eye(x.shape[1])
        return cls(np.linalg.solve(gram, x.T @ y), centre, level)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (N, D) for features (N, K)."""
        return np.asarray((features - self.centre) @ self.weights + self.level)


@dataclass(frozen=True)
class ContentMap:
    """The learned map of one item table: direction, logarithm of the length, and bias if any.

    `length_range` and `bias_range` bound what is predicted; `penalty` was chosen on a tenth of the
    known films, where the mean cosine with the trained vector was `check_cosine`.
    """

    direction: Ridge
    log_length: Ridge
    length_range: tuple[float, float]
    bias: Ridge | None
    bias_range: tuple[float, float]
    penalty: float
    check_cosine: float

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float32],
        vectors: NDArray[np.float32],
        bias: NDArray[np.float32] | None,
        popularity: NDArray[np.int64],
    ) -> ContentMap:
        """Learn from known films: features (N, K), vectors (N, D), bias (N,), raters (N,).

        A film that n people rated weighs n / (n + 20), for the vector of a film that few rated is
        mostly noise. The bias is regressed with equal weights: most new films stay little known.
        """
        lengths = np.linalg.norm(vectors, axis=1).clip(min=1e-6)
        unit = vectors / lengths[:, None]
        support = (popularity + 0.1) / (popularity + SUPPORT_HALF)
        penalty, cosine = _choose_penalty(features, unit, support)
        low, high = np.quantile(lengths, LENGTH_QUANTILES)
        even = np.ones(len(features))
        floor, ceiling = (0.0, 0.0) if bias is None else np.quantile(bias, BIAS_QUANTILES)
        return cls(
            direction=Ridge.fit(features, unit, support, penalty),
            log_length=Ridge.fit(features, np.log(lengths)[:, None], support, penalty),
            length_range=(float(low), float(high)),
            bias=None if bias is None else Ridge.fit(features, bias[:, None], even, penalty),
            bias_range=(float(floor), float(ceiling)),
            penalty=penalty,
            check_cosine=cosine,
        )

    def predict_vectors(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (N, D) float32 vectors whose lengths are those of known films."""
        direction = self.direction.predict(features)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True).clip(min=1e-9)
        lengths = np.exp(self.log_length.predict(features)).clip(*self.length_range)
        return np.asarray(direction * lengths, dtype=np.float32)

    def predict_bias(self, features: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Return (N,) float32, or None where the network has no bias."""
        if self.bias is None:
            return None
        predicted = self.bias.predict(features)[:, 0].clip(*self.bias_range)
        return np.asarray(predicted, dtype=np.float32)


def _choose_penalty(
    features: NDArray[np.float32], unit: NDArray[np.float32], support: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the penalty with the best mean cosine, and that, on every tenth film left out."""
    check = np.arange(len(features)) % CHECK_EVERY == 0
    if len(features) < 2 * CHECK_EVERY:
        return PENALTIES[len(PENALTIES) // 2], 0.0
    share = support[check] / support[check].sum()
    best = (-np.inf, PENALTIES[0])
    for penalty in PENALTIES:
        ridge = Ridge.fit(features[~check], unit[~check], support[~check], penalty)
        found = ridge.predict(features[check])
        found /= np.linalg.norm(found, axis=1, keepdims=True).clip(min=1e-9)
        best = max(best, (float(share @ (found * unit[check]).sum(axis=1)), penalty))
    return best[1], best[0]
