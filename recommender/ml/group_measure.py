"""Whether a strategy for groups pleases real people: groups drawn from those never trained on.

A group is drawn at random from held-out people who rated a number of films in common. Those films
are taken out of everybody's history; from what is left, stars and relevance are predicted, and each
strategy puts one of the films first. What the members really gave it says how well that went.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.errors import UsageError
from recommender.ml.groups import MISERY, STRATEGIES, add_appeal, aggregate
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel

MIN_COMMON = 12
MAX_COMMON = 40
MIN_HISTORY = 5
TRIES_PER_GROUP = 40
BOOTSTRAP_SAMPLES = 1000
BASELINE = "average"


@dataclass(frozen=True)
class Group:
    """People, as numbers of a list, and the films they have in common: all (M, N), M people.

    `truth` is what they gave, `stars` what was predicted, `suits` the latter with appeal.
    """

    members: tuple[int, ...]
    truth: NDArray[np.float32]
    stars: NDArray[np.float32]
    suits: NDArray[np.float32]


def draw_groups(
    model: InferenceModel, people: list[History], *, size: int, count: int, seed: int = 0
) -> Iterator[Group]:
    """Yield up to `count` groups of `size` people with twelve or more films in common.

    Raises:
        UsageError: The model predicts no stars, or there are fewer people than that.
    """
    if model.rating_head is None:
        raise UsageError("the model predicts no stars; run fit-ratings")
    if len(people) < size:
        raise UsageError(f"{len(people)} held-out people make no group of {size}")
    rng = np.random.default_rng(seed)
    known = model.movie_ids[np.isin(model.movie_ids, model.rating_head.movie_ids)]
    found = 0
    for _ in range(count * TRIES_PER_GROUP):
        if found == count:
            return
        members = rng.choice(len(people), size, replace=False)
        common = reduce(np.intersect1d, [people[person].movie_ids for person in members], known)
        if len(common) < MIN_COMMON:
            continue
        common = np.sort(rng.choice(common, min(len(common), MAX_COMMON), replace=False))
        chosen = [people[person] for person in members]
        if min(len(person.movie_ids) for person in chosen) < len(common) + MIN_HISTORY:
            continue
        found += 1
        yield _ask(model, tuple(members.tolist()), chosen, common)


def _ask(
    model: InferenceModel, numbers: tuple[int, ...], members: list[History], films: NDArray[Any]
) -> Group:
    """Predict each member's stars and relevance from what else they rated."""
    head = model.rating_head
    assert head is not None  # noqa: S101 - the caller has looked
    truth, stars, relevance = [], [], []
    for person in members:
        is_asked = np.isin(person.movie_ids, films)
        order = np.argsort(person.movie_ids[is_asked])
        truth.append(person.stars[is_asked][order])
        past = person.select(~is_asked)
        rated = head.index_of(past.movie_ids)
        stars.append(head.predict(rated, past.stars, head.index_of(films)).expected)
        tokens = model.token_features.make_tokens(
            model.index_of(past.movie_ids), stars=past.stars, timestamps=past.timestamps
        )
        relevance.append(model.scores(model.encode([tokens[tokens > 0]]))[0])
    # Appeal is standardised over all films, as when a real group is served.
    place = model.index_of(films)
    appeal = add_appeal(np.zeros((len(members), 1), np.float32), np.stack(relevance))[:, place]
    predicted = np.stack(stars)
    return Group(numbers, np.stack(truth), predicted, predicted + appeal)


def measure_groups(groups: list[Group], num_people: int) -> dict[str, dict[str, Any]]:
    """Return for each strategy what became of the film it put first, and its lead over the average.

    `least` and `mean` are of the members' true stars, `misery` the share of groups where somebody
    gave it fewer than 3; a lead is (difference, low, high), 95 %. People are drawn anew for the
    interval, a group counting as often as all of its members together, for groups share people.
    """
    chosen = {"any film": np.stack([_outcome(group, None) for group in groups])}
    for strategy in STRATEGIES:
        for label, is_served in ((strategy, False), (f"{strategy}, with appeal", True)):
            chosen[label] = np.stack(
                [
                    _outcome(
                        group,
                        aggregate(strategy, group.stars, suits=group.suits if is_served else None),
                    )
                    for group in groups
                ]
            )
    chosen["best there is"] = np.stack(
        [_outcome(g, g.truth.min(axis=0) + g.truth.mean(axis=0) / 100) for g in groups]
    )
    weights = _draw_weights(groups, num_people)
    return {
        label: {
            **dict(zip(("least", "mean", "misery"), rows.mean(axis=0).tolist(), strict=True)),
            "least_lead": _lead(rows[:, 0] - chosen[BASELINE][:, 0], weights),
            "mean_lead": _lead(rows[:, 1] - chosen[BASELINE][:, 1], weights),
        }
        for label, rows in chosen.items()
    }


def _outcome(group: Group, values: NDArray[np.floating] | None) -> NDArray[np.float64]:
    """Return (3,) least and mean true stars and misery of the best film; of any where None."""
    films = slice(None) if values is None else [int(np.argmax(values))]
    truth = group.truth[:, films]
    least = truth.min(axis=0)
    return np.array([least.mean(), truth.mean(), (least < MISERY).mean()], dtype=np.float64)


def _draw_weights(groups: list[Group], num_people: int) -> NDArray[np.float64]:
    """Return (S, G) how often each group stands in each bootstrap sample of the people."""
    rng = np.random.default_rng(0)
    members = np.array([group.members for group in groups])  # (G, M)
    weights = np.empty((BOOTSTRAP_SAMPLES, len(groups)))
    for row in weights:
        counts = np.bincount(rng.integers(0, num_people, num_people), minlength=num_people)
        row[:] = counts[members].prod(axis=1)
    return weights[weights.any(axis=1)]


def _lead(
    differences: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float, float]:
    means = weights @ differences / weights.sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(differences.mean()), float(low), float(high)
