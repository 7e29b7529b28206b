"""Whether reasons are true: what deleting the named film does, beside deleting others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.attention_weights import ReadAttention
from recommender.ml.errors import UsageError
from recommender.ml.explain import CLEAR_DROP, occlusion_drops
from recommender.ml.inference import InferenceModel
from recommender.ml.significance import bootstrap_interval
from recommender.ml.tokens import items_of

SHOWN = 10
OCCLUDED = 16
NAMED, MOST_RECENT, MOST_ATTENDED, RANDOM = "named", "most_recent", "most_attended", "random"

Figure = list[float]
"""[mean, low, high]: each person counts the same; a 95 % bootstrap interval over people."""


@dataclass(frozen=True)
class Deletion:
    """What deleting one choice of film does, one number a reason (R,).

    `falls` are places by which the shown film falls; `fell` is 1 where it falls at all. For a
    random film both are means over all that it may be. `is_named` tells where the film is the named
    one too.
    """

    falls: NDArray[np.float64]
    fell: NDArray[np.float64]
    is_named: NDArray[np.bool_]


@dataclass(frozen=True)
class PersonDrops:
    """One person's `shown` films, and by choice what deletions do to those with a reason.

    `attended` is how much of its attention the model gives the films that are deleted, 0..1, and
    `attends_to_last` whether the most attended is the most recent; None without attention.
    """

    shown: int
    deletions: dict[str, Deletion]
    attended: float | None = None
    attends_to_last: bool | None = None

    @property
    def reasons(self) -> int:
        """Return for how many of the shown films there is a reason."""
        return len(self.deletions[NAMED].falls)


def measure_faithfulness(
    model: InferenceModel,
    sequences: Sequence[NDArray[np.int64]],
    read_attention: ReadAttention | None = None,
) -> list[PersonDrops]:
    """Rank the ten films shown to each person again without a film of their last sixteen.

    The named film is the one whose deletion lowers the log-probability most, where clearly; random
    is the mean over all sixteen, the named one among them; the most attended is the one to which
    `read_attention` gives most. Ranks are over the whole catalogue less the films of the full
    history, so a deleted film does not come back to push others down.
    """
    return [_measure_person(model, sequence, read_attention) for sequence in sequences]


def _measure_person(
    model: InferenceModel, sequence: NDArray[np.int64], read_attention: ReadAttention | None
) -> PersonDrops:
    positions = np.arange(max(0, len(sequence) - OCCLUDED), len(sequence))
    variants = [sequence, *(np.delete(sequence, place) for place in positions)]
    scores = model.scores(model.encode(variants))  # (1 + n, V)
    scores[:, items_of(sequence)] = -np.inf
    shown = np.argsort(-scores[0], kind="stable")[:SHOWN]
    ranks = (scores[:, None, :] > scores[:, shown, None]).sum(axis=2)  # (1 + n, 10)
    lowered = occlusion_drops(model, sequence, shown, last=OCCLUDED).drops  # (n, 10)
    named = lowered.argmax(axis=0)
    clear = lowered.max(axis=0) >= CLEAR_DROP
    falls, named = (ranks[1:] - ranks[0]).astype(np.float64)[:, clear], named[clear]

    def delete(chosen: NDArray[np.int64]) -> Deletion:
        fallen = falls[chosen, np.arange(len(named))]
        return Deletion(fallen, (fallen > 0).astype(np.float64), chosen == named)

    last = len(positions) - 1
    deletions = {NAMED: delete(named), MOST_RECENT: delete(np.full_like(named, last))}
    attended = attends_to_last = None
    if read_attention is not None:
        weights = read_attention(sequence)[positions]
        most = int(weights.argmax())
        deletions[MOST_ATTENDED] = delete(np.full_like(named, most))
        attended, attends_to_last = float(weights.sum()), most == last
    nowhere = np.zeros(len(named), dtype=bool)
    deletions[RANDOM] = Deletion(falls.mean(axis=0), (falls > 0).mean(axis=0), nowhere)
    return PersonDrops(len(shown), deletions, attended, attends_to_last)


def summarise(drops: Sequence[PersonDrops]) -> dict[str, Any]:
    """Return counts, and for each choice of film means, medians, shares and paired differences.

    Raises:
        UsageError: No film shown has a reason.
    """
    people = [person for person in drops if person.reasons]
    if not people:
        raise UsageError("no film shown to these people has a reason; ask more of them (--people)")
    shown, reasons = sum(person.shown for person in drops), sum(person.reasons for person in people)
    return {
        "people": len(drops),
        "people_with_reason": len(people),
        "films": shown,
        "reasons": reasons,
        "share_with_reason": round(reasons / shown, 4),
        "attention": _summarise_attention(drops),
        "deleted": {choice: _summarise_choice(people, choice) for choice in people[0].deletions},
    }


def _summarise_attention(drops: Sequence[PersonDrops]) -> dict[str, float] | None:
    shares = [person.attended for person in drops if person.attended is not None]
    if not shares:
        return None
    most_on_last = [bool(person.attends_to_last) for person in drops]
    return {
        "mean_share_of_films_deleted": round(float(np.mean(shares)), 4),
        "share_of_people_most_on_last": round(float(np.mean(most_on_last)), 4),
    }


def _summarise_choice(people: Sequence[PersonDrops], choice: str) -> dict[str, Any]:
    pairs = [(person.deletions[NAMED], person.deletions[choice]) for person in people]
    falls = np.concatenate([deletion.falls for _, deletion in pairs])
    found: dict[str, Any] = {
        "mean_fall": _figure([deletion.falls for _, deletion in pairs]),
        "mean_fall_over_reasons": round(float(falls.mean()), 4),
        "median_fall": float(np.median(falls)),
        "share_falls": _figure([deletion.fell for _, deletion in pairs]),
    }
    if choice == NAMED:
        return found
    found["named_falls_further_by"] = _figure([ours.falls - its.falls for ours, its in pairs])
    found["share_named_falls_further"] = _figure([ours.falls > its.falls for ours, its in pairs])
    found["share_named_falls_less"] = _figure([ours.falls < its.falls for ours, its in pairs])
    if choice != RANDOM:
        found["share_same_as_named"] = _figure([deletion.is_named for _, deletion in pairs])
    return found


def _figure(values: Sequence[NDArray[Any]]) -> Figure:
    """Return the mean over people of each person's mean over reasons, with its interval."""
    means = np.array([person.mean() for person in values], dtype=np.float64)
    return [round(value, 4) for value in (float(means.mean()), *bootstrap_interval(means))]
