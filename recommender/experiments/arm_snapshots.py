"""Snapshots of the arms that serve something else than the active model, a bounded number."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import structlog

from recommender.artifacts import ArtifactStorageError
from recommender.catalogue_arrays import CatalogueArrays
from recommender.experiments.arms import PinnedModel, ServedArm

if TYPE_CHECKING:
    from recommender.serving import ServedModel, Snapshot

logger = structlog.get_logger(__name__)

# Beside the active model; an experiment may name no more (see `experiments.start_experiment`).
MAX_PINNED_MODELS = 3
RETRY_SECONDS = 10.0

LoadModel = Callable[[PinnedModel], "ServedModel"]
MakeSnapshot = Callable[[CatalogueArrays, "ServedModel | None"], "Snapshot"]


class ArmSnapshots:
    """Turns the active snapshot into an arm's: the same catalogue, another model or strength.

    What is loaded is read without a lock; the one request that loads holds it, and those beside it
    answer from the snapshot of their arm before.
    """

    def __init__(self, *, load: LoadModel, make: MakeSnapshot) -> None:
        self._load, self._make = load, make
        self._loading = threading.Lock()
        # By version, those made last at the end; replaced whole, never changed.
        self._snapshots: dict[int, Snapshot] = {}
        self._failed_at: dict[int, float] = {}

    def get(self, active: "Snapshot", arm: ServedArm) -> "Snapshot":
        """Return what the arm answers from.

        Where its model cannot be loaded the active one answers; it is tried again every ten
        seconds. Such an answer must not be kept: its version is not the arm's.
        """
        snapshot = active
        if arm.is_popularity:
            snapshot = replace(active, model=None, item_idx=np.zeros_like(active.item_idx))
        elif arm.model is not None and arm.model.version_id != active.model_version:
            snapshot = self._get_pinned(active, arm.model)
        if arm.diversity is not None:
            snapshot = replace(snapshot, diversity=arm.diversity)
        return replace(snapshot, dials=arm.dials) if arm.dials.rescores else snapshot

    def forget(self) -> None:
        """Drop all models."""
        self._snapshots, self._failed_at = {}, {}

    def _get_pinned(self, active: "Snapshot", pinned: PinnedModel) -> "Snapshot":
        found = self._snapshots.get(pinned.version_id)
        if found is not None:
            if found.catalogue is active.catalogue:
                return found
            if not self._loading.acquire(blocking=False):
                return found
        else:
            self._loading.acquire()
        try:
            return self._renew(active, pinned)
        finally:
            self._loading.release()

    def _renew(self, active: "Snapshot", pinned: PinnedModel) -> "Snapshot":
        version_id = pinned.version_id
        found = self._snapshots.get(version_id)
        if found is not None and found.catalogue is active.catalogue:
            return found
        if time.monotonic() - self._failed_at.get(version_id, -RETRY_SECONDS) < RETRY_SECONDS:
            return active
        try:
            model = found.model if found is not None else self._load(pinned)
        except ArtifactStorageError:
            self._failed_at[version_id] = time.monotonic()
            logger.exception("arm_model_not_loaded", version=version_id)
            return active
        made = self._make(active.catalogue, model)
        others = [(key, kept) for key, kept in self._snapshots.items() if key != version_id]
        # One more: the control stays with what was active when its experiment began.
        self._snapshots = dict([*others[-MAX_PINNED_MODELS:], (version_id, made)])
        return made
