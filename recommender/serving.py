"""The active model and the catalogue inside a web process, as one snapshot that never changes.

A request takes a snapshot and works with it to its end, so it cannot mix two versions. Which
snapshot is due is read from Postgres by every request, in the same query as the person's taste
version: an activation or a change of the catalogue is in force at once, without a restart. The
request that notices a change loads what is new; requests beside it answer from the snapshot
before. Torch is never imported here.
"""

import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.conf import settings
from numpy.typing import NDArray
from prometheus_client import Counter

from movieshow.health import NotReadyError
from recommender.answers import POPULARITY_NAME
from recommender.artifacts import ArtifactStorageError, fetch_artifact
from recommender.catalogue_arrays import CatalogueArrays, load_catalogue
from recommender.dials import NEUTRAL, Dials
from recommender.experiments.arm_snapshots import ArmSnapshots
from recommender.experiments.arms import PinnedModel
from recommender.ml.diversity import DIVERSITY
from recommender.serving_state import ServingState, read_state

if TYPE_CHECKING:
    from recommender.ml.inference import InferenceModel
    from recommender.ml.ratings.inference import RatingHead

logger = structlog.get_logger(__name__)

__all__ = [
    "ModelServer",
    "ServedModel",
    "ServingState",
    "Snapshot",
    "load_model",
    "load_pinned_model",
    "make_snapshot",
    "model_server",
    "read_state",
]

RETRY_SECONDS = 10.0
failures_counter = Counter(
    "movieshow_model_load_failures_total",
    "Times an active model could not be loaded: the one before, or popularity, answers instead.",
)


@dataclass(frozen=True)
class ServedModel:
    """A loaded model: its version's id and name, and the network."""

    version_id: int
    name: str
    sha256: str
    network: "InferenceModel"
    # (V,) float32: one over each item vector's length, 0 for padding.
    inverse_norms: NDArray[np.float32]


@dataclass(frozen=True)
class Snapshot:
    """Everything one answer is computed from.

    `item_idx` (C,) int32 maps catalogue positions to the model's items, 0 where it knows none.
    `diversity` is the share of likeness in the trade of maximal marginal relevance, `dials` how
    they stand for people who have not turned theirs.
    """

    catalogue: CatalogueArrays
    model: ServedModel | None
    item_idx: NDArray[np.int32]
    diversity: float = DIVERSITY
    dials: Dials = NEUTRAL

    @property
    def model_name(self) -> str:
        """The name shown beside answers."""
        return self.model.name if self.model else POPULARITY_NAME

    @property
    def model_version(self) -> int | None:
        """The model version's id; None for plain popularity."""
        return self.model.version_id if self.model else None

    @property
    def rating_head(self) -> "RatingHead | None":
        """What predicts stars; None where no model does."""
        return self.model.network.rating_head if self.model else None

    @cached_property
    def rated_idx(self) -> NDArray[np.int32]:
        """The rating head's index (C,) of each film, 0 where it knows it not or there is none."""
        if self.rating_head is None:
            return np.zeros(len(self.item_idx), dtype=np.int32)
        return self.rating_head.index_of(self.catalogue.movie_ids)

    def spread(self, per_item: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (C,) what each film of the catalogue has of `per_item` (V,).

        A fresh array, or a view of what was given: where catalogue and model have the same films,
        in one order.
        """
        places = self._item_places
        return per_item[places] if isinstance(places, slice) else np.take(per_item, places)

    @cached_property
    def _item_places(self) -> slice | NDArray[np.intp]:
        size = len(self.item_idx)
        if np.array_equal(self.item_idx, np.arange(1, size + 1)):
            return slice(1, size + 1)
        return self.item_idx.astype(np.intp)

    def unit_vectors(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return (N, D) float32 unit item vectors, zero where the model knows no such film."""
        if self.model is None:
            return np.zeros((len(positions), 0), dtype=np.float32)
        idx = self.item_idx[positions]
        vectors = self.model.network.stored.read(idx)
        return vectors * self.model.inverse_norms[idx, None]


class ModelServer:
    """Holds the snapshot of this process and renews it when the state says so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._error: str | None = None
        self._failed: tuple[int | None, float] = (None, 0.0)
        self._arms = ArmSnapshots(load=load_pinned_model, make=make_snapshot)

    def get_snapshot(self, state: ServingState) -> Snapshot:
        """Return the snapshot for this state and its arm, loading what changed."""
        active = self._get_active(state)
        if state.ranking_arm is not None:
            return self._arms.get(active, state.ranking_arm)
        if not state.live_key:
            self._arms.forget()
        return active

    def _get_active(self, state: ServingState) -> Snapshot:
        """Return the snapshot of the active model.

        Where the model cannot be loaded, the one before it stays in service; a process that has
        none answers by popularity. Either way it is tried again every ten seconds.
        """
        snapshot = self._snapshot
        if snapshot is not None:
            if self._is_current(snapshot, state):
                return snapshot
            if not self._lock.acquire(blocking=False):
                return snapshot
        else:
            self._lock.acquire()
        try:
            return self._renew(state)
        finally:
            self._lock.release()

    def load(self) -> None:
        """Load what is active now, before anybody asks."""
        self.get_snapshot(read_state(user_id=None))

    def check_ready(self) -> None:
        """Return when the active model can be served.

        Raises:
            NotReadyError: there is no active model, or it cannot be loaded, and why.
        """
        state = read_state(user_id=None)
        self.get_snapshot(state)
        if state.model_id is None:
            raise NotReadyError("no model is active; run: manage.py install_shipped_model")
        if self._error is not None:
            raise NotReadyError(self._error)

    def forget(self) -> None:
        """Drop what is loaded, as a new process would start."""
        with self._lock:
            self._snapshot, self._error, self._failed = None, None, (None, 0.0)
        self._arms.forget()

    def _is_current(self, snapshot: Snapshot, state: ServingState) -> bool:
        return snapshot.catalogue.version == state.catalogue_version and (
            snapshot.model_version == state.model_id or self._failed_recently(state)
        )

    def _failed_recently(self, state: ServingState) -> bool:
        version_id, at = self._failed
        return version_id == state.model_id and time.monotonic() - at < RETRY_SECONDS

    def _renew(self, state: ServingState) -> Snapshot:
        current = self._snapshot
        if current is not None and self._is_current(current, state):
            return current
        catalogue = current.catalogue if current else None
        if catalogue is None or catalogue.version != state.catalogue_version:
            catalogue = load_catalogue(version=state.catalogue_version)
        model = self._renew_model(state, current.model if current else None)
        snapshot = make_snapshot(catalogue, model)
        self._snapshot = snapshot
        logger.info(
            "snapshot_loaded",
            model=snapshot.model_name,
            version=snapshot.model_version,
            catalogue=catalogue.version,
            movies=len(catalogue.movie_ids),
        )
        return snapshot

    def _renew_model(self, state: ServingState, current: ServedModel | None) -> ServedModel | None:
        if state.model_id is None:
            self._error = None
            return None
        if current is not None and current.version_id == state.model_id:
            return current
        if self._failed_recently(state):
            return current
        try:
            model = load_model(state)
        except ArtifactStorageError as error:
            failures_counter.inc()
            self._error = f"model version {state.model_id} cannot be served: {error}"
            self._failed = (state.model_id, time.monotonic())
            logger.exception("model_not_loaded", version=state.model_id)
            return current
        self._error, self._failed = None, (None, 0.0)
        return model


def load_model(state: ServingState) -> ServedModel:
    """Fetch and load the state's active model, with one inference thread.

    Raises:
        ArtifactStorageError: its files are missing or corrupt, or hold no model that can be served.
    """
    if state.model_id is None:
        raise ArtifactStorageError("no model version is active")
    return load_pinned_model(
        PinnedModel(state.model_id, state.model_name, state.artifact_prefix, state.sha256)
    )


def load_pinned_model(version: PinnedModel) -> ServedModel:
    """Fetch and load a model version, with one inference thread.

    Raises:
        ArtifactStorageError: its files are missing or corrupt, or hold no model that can be served.
    """
    # Here, so that commands which serve nothing need not load onnxruntime.
    from recommender.ml.inference import (  # noqa: PLC0415
        ArtifactError,
        InferenceModel,
    )
    from recommender.ml.scoring import TableUnavailableError  # noqa: PLC0415

    folder = fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256)
    try:
        network = InferenceModel.load(
            folder, num_threads=1, table=settings.RECOMMENDATION_ITEM_TABLE
        )
    except (ArtifactError, TableUnavailableError) as error:
        raise ArtifactStorageError(str(error)) from error
    norms = network.stored.measure_norms()
    return ServedModel(
        version_id=version.version_id,
        name=version.name,
        sha256=version.sha256,
        network=network,
        inverse_norms=np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0),
    )


def make_snapshot(catalogue: CatalogueArrays, model: ServedModel | None) -> Snapshot:
    """Return the snapshot of a model over a catalogue."""
    return Snapshot(catalogue=catalogue, model=model, item_idx=_match_items(catalogue, model))


def _match_items(catalogue: CatalogueArrays, model: ServedModel | None) -> NDArray[np.int32]:
    if model is None:
        return np.zeros(len(catalogue.movie_ids), dtype=np.int32)
    return np.asarray(model.network.index_of(catalogue.movie_ids), dtype=np.int32)


model_server = ModelServer()
