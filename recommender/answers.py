"""The shapes in which recommendations travel between selectors, pages and the API."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from recommender.dials import NEUTRAL, Dials

# The last is said on the home page alone.
ReasonKind = Literal["because_you_watched", "similar_to", "popular_in", "made_by"]
POPULARITY_NAME = "popularity"
# Why the Transformer did not decide alone; see `recommending.name_fallback`.
FallbackReason = Literal["few_films", "films_unknown_to_model", "no_model", "model_unavailable"]
FALLBACK_REASONS: dict[FallbackReason, str] = {
    "few_films": "fewer than five films of the history are known",
    "films_unknown_to_model": "the model knows none of the films",
    "no_model": "no model answers: popularity does",
    "model_unavailable": "the model cannot be loaded: popularity answers meanwhile",
}


class HistoryItem(NamedTuple):
    """One film somebody watched; the rest may be unknown.

    `stars` are 0.5 to 5.0, `watched_at` seconds since the start of 1970.
    """

    movie_id: int
    stars: float | None = None
    watched_at: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a film is shown: the kind, a sentence, and the film of the history it names, if any."""

    kind: ReasonKind
    text: str
    movie_id: int | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One film of an answer.

    `rank` counts from 1. `score` is the model's own (higher is better, comparable within one answer
    only). `predicted_rating` is 0.5 to 5.0 stars, None where nothing is known; four in five ratings
    fall into `predicted_range` (low, high), None where that is not known: see `predicting`.
    """

    rank: int
    movie_id: int
    score: float
    predicted_rating: float | None
    reasons: tuple[Reason, ...] = ()
    predicted_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """An answer: who made it (`model_version` is None for plain popularity) and its films.

    `fallback_reason` says why the Transformer did not decide alone; None where it did.
    `next_cursor` fetches what follows; None where nothing does. `unknown_movie_ids` are films of a
    posted history that are not in the catalogue.
    """

    recommendation_id: str | None
    model_name: str
    model_version: int | None
    fallback_reason: FallbackReason | None
    next_cursor: str | None
    items: tuple[Recommendation, ...]
    unknown_movie_ids: tuple[int, ...] = ()

    @property
    def is_fallback(self) -> bool:
        """Whether the Transformer did not decide alone."""
        return self.fallback_reason is not None


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One row of the home page; `explanation` is a sentence, empty where the title says it all.

    `recommendation_id` is the page's, the same for all its rows; empty where nobody is shown it.
    """

    key: str
    title: str
    explanation: str
    items: tuple[Recommendation, ...]
    recommendation_id: str = ""

    @property
    def kind(self) -> str:
        """What kind of row it is: what stands in its key before the first hyphen.

        "top" or "popular", "because", "people", "gems", "genre", "rewatch", or "tonight".
        """
        return self.key.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which films may be shown: any of `genre_ids`, none of `excluded_genre_ids`, a year range.

    An empty tuple or None asks nothing. Films of unknown genre or year, or of which nobody knows
    where they can be watched, come behind those that fit; those of unknown length stay among them:
    whoever shows them says that it is unknown. `max_runtime` is in minutes, `service_ids` asks for
    any of these.
    """

    genre_ids: tuple[int, ...] = ()
    excluded_genre_ids: tuple[int, ...] = ()
    min_year: int | None = None
    max_year: int | None = None
    max_runtime: int | None = None
    service_ids: tuple[int, ...] = ()


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of one person when films are ranked; `history` is oldest first.

    `age_band` is the youngest age of the band somebody said to belong to, None where they did not.
    `muted_movie_ids` are films that are never named as reasons. Films of `excluded_genre_ids` are
    shown where they are asked for alone.
    """

    history: tuple[HistoryItem, ...] = ()
    hidden_movie_ids: frozenset[int] = field(default=frozenset())
    favourite_genre_ids: tuple[int, ...] = ()
    age_band: int | None = None
    dials: Dials = NEUTRAL
    muted_movie_ids: frozenset[int] = field(default=frozenset())
    excluded_genre_ids: tuple[int, ...] = ()
