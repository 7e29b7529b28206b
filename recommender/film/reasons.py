"""Why one film is for one person: which films of their history speak for it, and how much.

By deletion, like the reasons of recommendations: the score is computed again without each of the
last films of the history, and what falls clearly without a film has that film as a cause.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np

from recommender.answers import Taste
from recommender.model_input import make_sequence
from recommender.reasons import OCCLUDED, explain_films, may_be_named
from recommender.serving import Snapshot

MOST_CAUSES = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """A film of the history without which this one would be `percent` less likely to come next."""

    movie_id: int
    title: str
    percent: int


@dataclass(frozen=True, slots=True)
class WhyForYou:
    """Why a film is for somebody: causes, strongest first; where there is none, a sentence.

    `text` is empty too where nothing true can be said; `has_history` whether anything was watched.
    """

    causes: tuple[Cause, ...] = ()
    text: str = ""
    has_history: bool = False

    def dump(self) -> bytes:
        """Return it as JSON, for the cache."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def load(cls, raw: bytes) -> "WhyForYou":
        """Return what `dump` wrote."""
        found = json.loads(raw)
        causes = tuple(Cause(**cause) for cause in found["causes"])
        return cls(causes, found["text"], found["has_history"])


def explain_film(snapshot: Snapshot, *, taste: Taste, movie_id: int) -> WhyForYou:
    """Return why a film is for the person with this taste."""
    positions = snapshot.catalogue.positions_of([movie_id])
    has_history = bool(taste.history)
    if positions[0] < 0:
        return WhyForYou(has_history=has_history)
    causes = _find_causes(snapshot, taste, int(snapshot.item_idx[positions[0]]))
    if causes:
        return WhyForYou(causes, has_history=has_history)
    [found] = explain_films(snapshot, taste=taste, positions=positions)
    return WhyForYou(text=found[0].text if found else "", has_history=has_history)


def _find_causes(snapshot: Snapshot, taste: Taste, item_idx: int) -> tuple[Cause, ...]:
    from recommender.ml.explain import CLEAR_DROP, occlusion_drops  # noqa: PLC0415 - with the model

    sequence, films = make_sequence(snapshot, taste.history)
    if snapshot.model is None or not item_idx or not len(sequence):
        return ()
    found = occlusion_drops(snapshot.model.network, sequence, [item_idx], last=OCCLUDED)
    pairs = zip(found.positions.tolist(), found.drops[:, 0].tolist(), strict=True)
    drops = {
        films[place].movie_id: drop
        for place, drop in pairs
        if drop >= CLEAR_DROP and may_be_named(films[place], taste)
    }
    labels = snapshot.catalogue.label_films(list(drops))
    ordered = sorted(drops, key=lambda movie_id: -drops[movie_id])
    return tuple(
        Cause(movie_id, labels[movie_id].title, round(-100 * float(np.expm1(-drops[movie_id]))))
        for movie_id in ordered
        if movie_id in labels
    )[:MOST_CAUSES]
