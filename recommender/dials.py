"""The dials of a taste: popular or obscure, safe or adventurous, old or new, alike or varied.

Each is -1 to 1, 0 as trained; together they are one re-score of all films in arrays, before the
best are taken, so that a dial can bring up a film from any depth.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue_arrays import CatalogueArrays
from recommender.ml.cold.people import standardise

# What a dial turned to its end weighs against the model's scores, all in standard deviations.
STRENGTH = 0.6


@dataclass(frozen=True, slots=True)
class Dials:
    """`obscurity`, `adventure` and `newness` from -1 to 1; `variety` 0 to 1, None as is usual.

    `variety` is the share of likeness in the trade of maximal marginal relevance. `last_years`
    keeps to the films of so many years, this one among them; None or 0 keeps all.
    """

    obscurity: float = 0.0
    adventure: float = 0.0
    newness: float = 0.0
    variety: float | None = None
    last_years: int | None = None

    @property
    def rescores(self) -> bool:
        """Whether any dial changes scores."""
        return bool(self.obscurity or self.adventure or self.newness)

    def or_else(self, usual: "Dials") -> "Dials":
        """Return these, with the usual ones in place of those that nobody has turned."""
        return Dials(
            self.obscurity or usual.obscurity,
            self.adventure or usual.adventure,
            self.newness or usual.newness,
            usual.variety if self.variety is None else self.variety,
            usual.last_years if self.last_years is None else self.last_years,
        )

    def override(self, given: "DialOptions") -> "Dials":
        """Return these with the ones given in their place."""
        named = {field.name: getattr(given, field.name) for field in fields(given)}
        return replace(self, **{name: value for name, value in named.items() if value is not None})


NEUTRAL = Dials()
DIALS = tuple(field.name for field in fields(Dials))


@dataclass(frozen=True, slots=True)
class DialOptions:
    """Dials as one request gives them; None leaves the person's own."""

    obscurity: float | None = None
    adventure: float | None = None
    newness: float | None = None
    variety: float | None = None
    last_years: int | None = None


NO_DIALS = DialOptions()


def turn_dials(
    scores: NDArray[np.float32],
    *,
    dials: Dials,
    catalogue: CatalogueArrays,
    mask: NDArray[np.bool_],
    likeness: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Return (C,) scores shifted by the dials, standardised over the films that may be shown.

    `likeness` (C,) is each film's to the history; None where nobody can say. A film of unknown year
    stands in the middle of old and new. Films without a score (-inf) keep none.
    """
    usable = mask & np.isfinite(scores)
    if not dials.rescores or not usable.any():
        return scores
    shift = np.zeros(len(scores), dtype=np.float32)
    if dials.obscurity:
        fame = np.log1p(catalogue.rating_count.astype(np.float32))
        shift -= dials.obscurity * standardise(fame, usable)
    if dials.newness:
        is_dated = usable & (catalogue.years > 0)
        years = standardise(catalogue.years.astype(np.float32), is_dated)
        shift += dials.newness * np.where(catalogue.years > 0, years, 0.0)
    if dials.adventure and likeness is not None:
        shift -= dials.adventure * standardise(likeness, usable)
    turned = standardise(scores, usable) + STRENGTH * shift
    return np.where(np.isfinite(scores), turned, -np.inf).astype(np.float32)
