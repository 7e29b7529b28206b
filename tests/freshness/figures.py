"""From answers to figures: means over people, gains, the share recovered, old users, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ml.significance import BOOTSTRAP_SAMPLES, bootstrap_interval
from tests.freshness.results import WindowResult

FROZEN, TUNED, RETRAINED = "frozen", "fine-tuned", "retrained"
METRICS = ("ndcg@10", "hit@10")
MUST_RECOVER, AIM_TO_RECOVER, MOST_REGRESSION = 0.5, 0.8, 0.01
Floats = NDArray[np.float64]


def mean_by_person(person: NDArray[np.integer], values: Floats) -> Floats:
    """Return the mean of each person's questions (U,), people in the order of their numbers."""
    _people, inverse, counts = np.unique(person, return_inverse=True, return_counts=True)
    means: Floats = np.bincount(inverse, weights=values) / counts
    return means


def bootstrap_ratio(
    above: Floats, below: Floats, *, seed: int = 0
) -> tuple[float, float, float] | None:
    """Return (ratio, low, high) of mean `above` to mean `below`, both (U,): 95 %, paired.

    The same people are drawn for both. None where `below` sums to 0, or does in some draw.
    """
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(above), size=len(above)) for _ in range(BOOTSTRAP_SAMPLES)]
    sums = np.array([(above[drawn].sum(), below[drawn].sum()) for drawn in draws])
    if not below.sum() or not sums[:, 1].all():
        return None
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return float(above.sum() / below.sum()), float(low), float(high)


def describe_group(columns: dict[str, NDArray[Any]]) -> dict[str, Any] | None:
    """Return what the three brought to the people of these questions; None where there are none.

    `share` is given only where the retrain's gain is significant.
    """
    if not len(columns["person"]):
        return None
    found: dict[str, Any] = {
        "people": len(np.unique(columns["person"])),
        "questions": len(columns["person"]),
    }
    for metric in METRICS:
        frozen, tuned, retrained = (
            mean_by_person(columns["person"], columns[f"{model} {metric}"])
            for model in (FROZEN, TUNED, RETRAINED)
        )
        gain, recovered = retrained - frozen, tuned - frozen
        low, high = bootstrap_interval(gain)
        share = bootstrap_ratio(recovered, gain) if low > 0 else None
        found[metric] = {
            "means": {
                FROZEN: float(frozen.mean()),
                TUNED: float(tuned.mean()),
                RETRAINED: float(retrained.mean()),
            },
            "gain_retrained": [float(gain.mean()), low, high],
            "gain_tuned": [float(recovered.mean()), *bootstrap_interval(recovered)],
            "share": None if share is None else list(share),
        }
    return found


def describe_change(columns: dict[str, NDArray[Any]]) -> dict[str, Any] | None:
    """Return the change of NDCG@10 from frozen to fine-tuned, relative to frozen."""
    if not len(columns["person"]):
        return None
    frozen, tuned = (
        mean_by_person(columns["person"], columns[f"{model} ndcg@10"]) for model in (FROZEN, TUNED)
    )
    change = bootstrap_ratio(tuned - frozen, frozen)
    return {
        "people": len(frozen),
        "questions": len(columns["person"]),
        "means": {FROZEN: float(frozen.mean()), TUNED: float(tuned.mean())},
        "change": None if change is None else list(change),
    }


def join_columns(parts: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return the columns of several windows one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def select_questions(
    columns: dict[str, NDArray[Any]], mask: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return the questions where `mask` (Q,) is true."""
    return {name: values[mask] for name, values in columns.items()}


def describe_all(results: Sequence[WindowResult]) -> dict[str, Any]:
    """Return every figure of the report, as plain JSON values."""
    asked = join_columns([result.asked for result in results])
    was_trained_on, is_new = asked["was_trained_on"], asked["is_new_film"]
    groups = {
        "all questions": np.ones_like(is_new),
        "people trained on": was_trained_on,
        "people who came after T": ~was_trained_on,
        "films rated before T": ~is_new,
        "films new since T": is_new,
    }
    pooled = {name: describe_group(select_questions(asked, mask)) for name, mask in groups.items()}
    old = {
        "asked in the windows": describe_change(select_questions(asked, was_trained_on)),
        "histories ended before T": describe_change(join_columns([r.old for r in results])),
    }
    figures = {
        "windows": [
            {"year": result.year, **(describe_group(result.asked) or {}), **result.record}
            for result in results
        ],
        "pooled": pooled,
        "old_users": old,
        "seconds": describe_seconds(results),
    }
    return {**figures, "verdicts": judge(figures)}


def describe_seconds(results: Sequence[WindowResult]) -> dict[str, Any]:
    """Return medians over all points, of the job and of the retrain, and the ratio of the sums."""
    steps = [step for result in results for step in result.record["steps"]]
    found: dict[str, Any] = {"points": len(steps)}
    for unit in ("seconds", "cpu_seconds"):
        job, retrain = ([step[kind][unit] for step in steps] for kind in ("job", "retrain"))
        found[unit] = {
            "job_median": float(np.median(job)),
            "retrain_median": float(np.median(retrain)),
            "ratio_of_sums": float(np.sum(job) / np.sum(retrain)),
        }
    statuses = [step["status"] for step in steps]
    return {**found, "statuses": {name: statuses.count(name) for name in sorted(set(statuses))}}


def judge(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return whether each thing that must hold does, as `text`, `holds` and the `value` judged.

    It holds (True) or does not (False) where the whole interval [estimate, low, high] says so, else
    `holds` is None: it is not shown. Where the retrain's gain is not surely above 0 there is no
    share to judge, and `value` is None: nothing is claimed. Of single cut-offs, and for the aim,
    only those stand here whose gain is sure.
    """
    groups = dict(figures["pooled"])
    for window in figures["windows"]:
        if window.get("ndcg@10", {}).get("share"):
            groups[f"T = {window['year']}-01-01"] = window
    verdicts = []
    for bound, words in ((MUST_RECOVER, "half"), (AIM_TO_RECOVER, "four fifths (aim)")):
        for name, group in groups.items():
            text = f"{name}: fine-tuning recovers at least {words} of the retrain's gain"
            share = group and group["ndcg@10"]["share"]
            if share or bound == MUST_RECOVER:
                verdicts.append(_judge_one(text, share, bound))
    for name, found in figures["old_users"].items():
        text = f"old users ({name}) lose at most 1 %"
        verdicts.append(_judge_one(text, found and found["change"], -MOST_REGRESSION))
    return verdicts


def _judge_one(text: str, value: Sequence[float] | None, bound: float) -> dict[str, Any]:
    holds = None
    if value is not None:
        _estimate, low, high = value
        holds = True if low >= bound else False if high < bound else None
    return {"text": text, "holds": holds, "value": value}
