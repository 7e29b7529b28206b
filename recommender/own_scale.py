"""A person's own scale of stars: what is much for one who seldom gives four, and what is little."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from recommender.answers import HistoryItem
from recommender.predicting import PredictedStars
from recommender.reasons import is_disliked

# As many ratings at the mean of everybody count along: one five says little of a scale.
PRIOR_RATINGS = 5
# So many stars below their own mean nobody calls a film a good choice for the evening.
CLEARLY_BELOW = 0.25

Film = TypeVar("Film")


@dataclass(frozen=True, slots=True)
class OwnScale:
    """`mean` stars of what somebody rated, drawn to everybody's where that is little."""

    mean: float

    def is_liked(self, item: HistoryItem) -> bool:
        """Whether a film was rated well by this scale, and not low by any."""
        return item.stars is not None and item.stars >= self.mean and not is_disliked(item)

    def is_lukewarm(self, predicted: PredictedStars | None) -> bool:
        """Whether a film is predicted stars clearly below the mean; never where nothing is."""
        return predicted is not None and predicted.expected < self.mean - CLEARLY_BELOW


def read_own_scale(history: Iterable[HistoryItem], *, everybody: float) -> OwnScale:
    """Return the scale of a history; `everybody` is the mean of all ratings."""
    stars = [item.stars for item in history if item.stars is not None]
    return OwnScale((sum(stars) + PRIOR_RATINGS * everybody) / (len(stars) + PRIOR_RATINGS))


def put_lukewarm_last(
    films: Sequence[Film], predicted: Sequence[PredictedStars | None], *, scale: OwnScale
) -> list[Film]:
    """Return the films in their order, those predicted lukewarm stars behind all others."""
    pairs = list(zip(films, predicted, strict=True))
    first = [film for film, stars in pairs if not scale.is_lukewarm(stars)]
    return first + [film for film, stars in pairs if scale.is_lukewarm(stars)]
