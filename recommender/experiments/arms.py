"""Who gets which arm: decided from what every request reads anyway, without a query of its own.

A person is assigned by the hash of the experiment's salt and their subject key, which is the id of
their user row. A guest who signs up keeps the guest's key, hence the arm; one who logs in to an
account that experiments have shown something before takes the account's. Somebody who does not
allow measuring is assigned to none, and neither is a visitor who has not written anything yet: both
get what is served to all.

What runs is read from Postgres in the query for the serving state, as one text; a process looks up
what it stands for when the text changes, for arms are fixed from the start of their experiment.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from recommender.dials import NEUTRAL, Dials
from recommender.experiments.models import Arm, Experiment

KEPT_KEYS = 8


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """A model version that an arm serves, whatever is active."""

    version_id: int
    name: str
    artifact_prefix: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ServedArm:
    """An arm as it is served; `model` None with the ranking "model" is the active version."""

    arm_id: int
    experiment_id: int
    is_running: bool
    ranking: str
    model: PinnedModel | None
    diversity: float | None
    row_policy: str
    dials: Dials = NEUTRAL

    @property
    def is_popularity(self) -> bool:
        """Whether no model orders the films."""
        return self.ranking == Arm.Ranking.POPULARITY


@dataclass(frozen=True, slots=True)
class Allocation:
    """A running experiment: its arms, and where on [0, 1) the part of each ends."""

    salt: str
    arms: tuple[ServedArm, ...]
    ends: tuple[float, ...]

    def assign(self, subject_key: int) -> ServedArm:
        """Return the arm of a subject, the same at every call and in every process."""
        place = hash_to_unit_interval(salt=self.salt, subject_key=subject_key)
        for arm, end in zip(self.arms, self.ends, strict=True):
            if place < end:
                return arm
        return self.arms[-1]


@dataclass(frozen=True, slots=True)
class LiveExperiments:
    """All that is running or in force now, by surface."""

    running: dict[str, Allocation]
    in_force: dict[str, ServedArm]

    def assign(self, surface: str, subject_key: int | None) -> ServedArm | None:
        """Return what this subject gets on a surface; None where nothing is tried or promoted."""
        allocation = self.running.get(surface)
        if allocation is not None and subject_key is not None:
            return allocation.assign(subject_key)
        return self.in_force.get(surface)


def hash_to_unit_interval(*, salt: str, subject_key: int) -> float:
    """Return where on [0, 1) the hash of salt and subject falls."""
    digest = hashlib.sha256(f"{salt}:{subject_key}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def make_allocation(
    *, salt: str, arms: tuple[ServedArm, ...], shares: tuple[int, ...]
) -> Allocation:
    """Return the allocation in which each arm's part is its share of all shares."""
    total = sum(shares)
    ends = tuple(sum(shares[: number + 1]) / total for number in range(len(shares)))
    return Allocation(salt, arms, ends)


@lru_cache(maxsize=KEPT_KEYS)
def get_live_experiments(key: str) -> LiveExperiments:
    """Return what the text of the serving state stands for; two queries where it is new.

    The text holds ids, states and salts, so it changes whenever the answer does.
    """
    parts = (part.split(":") for part in key.split(","))
    statuses = {int(experiment_id): status for experiment_id, status, _ in parts}
    found = Experiment.objects.filter(pk__in=statuses).prefetch_related("arms__model_version")
    running: dict[str, Allocation] = {}
    in_force: dict[str, ServedArm] = {}
    for experiment in found:
        arms = list(experiment.arms.all())
        if statuses[experiment.pk] == Experiment.Status.RUNNING and arms:
            running[experiment.surface] = make_allocation(
                salt=experiment.salt,
                arms=tuple(_serve(arm, is_running=True) for arm in arms),
                shares=tuple(arm.share for arm in arms),
            )
        elif experiment.winner_id is not None:
            winner = next(arm for arm in arms if arm.pk == experiment.winner_id)
            in_force[experiment.surface] = _serve(winner, is_running=False)
    return LiveExperiments(running, in_force)


def _serve(arm: Arm, *, is_running: bool) -> ServedArm:
    version = arm.model_version
    # A promoted model is the active version, which goes on learning: nothing pins it.
    pinned = (
        PinnedModel(version.pk, version.name, version.artifact_prefix, version.sha256)
        if version is not None and is_running
        else None
    )
    return ServedArm(
        arm_id=arm.pk,
        experiment_id=arm.experiment_id,
        is_running=is_running,
        ranking=arm.ranking,
        model=pinned,
        diversity=arm.diversity,
        row_policy=arm.row_policy,
        dials=Dials(arm.obscurity or 0.0, arm.adventure or 0.0, arm.newness or 0.0),
    )
