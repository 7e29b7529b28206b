"""Model versions: install, activate, roll back, retire; the active one changes under a lock."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from recommender.artifacts import (
    ArtifactStorageError,
    delete_artifact,
    drop_cached_artifact,
    fetch_artifact,
    hash_directory,
    store_artifact,
)
from recommender.models import Experiment, ModelVersion, TrainedOn
from recommender.queueing import queue_warm_up
from recommender.withdrawals import has_lost_members, note_members

logger = structlog.get_logger(__name__)

PUBLISH_LOCK = 0x4D6F7653  # "MovS": taken by whoever changes which version is active
FINETUNE_LOCK = 0x4D6F7646  # "MovF": held by the one worker that fine-tunes or checks
KEPT_FINETUNED = 3


class UnknownModelVersionError(Exception):
    """No model version has this id, or there is none to go back to."""


class UnusableModelError(Exception):
    """The version's files are missing, corrupt, or were rejected or retired; the message says."""


@dataclass(frozen=True)
class Publication:
    """Where a version comes from, written beside its files; it learnt from `member_ids`."""

    kind: ModelVersion.Kind = ModelVersion.Kind.FULL
    base: ModelVersion | None = None
    watermark: int = 0
    metrics: dict[str, Any] | None = None
    note: str = ""
    member_ids: Collection[int] = ()


@contextmanager
def publish_lock() -> Iterator[None]:
    """Hold the right to change the active version until the transaction ends."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISH_LOCK])
        yield


def read_card(directory: Path) -> dict[str, Any]:
    """Load a folder's model as a web process would and return its card.

    Raises:
        UnusableModelError: the folder holds no model that can be served.
    """
    from recommender.ml.inference import (  # noqa: PLC0415 - onnxruntime only where it is needed
        ArtifactError,
        InferenceModel,
    )

    try:
        card: dict[str, Any] = InferenceModel.load(directory, num_threads=1).card
    except ArtifactError as error:
        raise UnusableModelError(str(error)) from error
    return card


def install_model(
    *,
    directory: Path,
    name: str | None = None,
    activate: bool = False,
    publication: Publication | None = None,
) -> ModelVersion:
    """Check a folder's model, copy it to the storage and make it a version.

    The row is written last, so a version whose files are incomplete cannot exist.

    Raises:
        UnusableModelError: the folder holds no model that can be served.
    """
    published = publication or Publication()
    card = read_card(directory)
    prefix, sha256 = store_artifact(directory)
    with publish_lock():
        version = ModelVersion.objects.create(
            name=(name or str(card.get("name") or directory.name))[:80],
            kind=published.kind,
            base=published.base,
            artifact_prefix=prefix,
            sha256=sha256,
            watermark=published.watermark,
            num_members=len(published.member_ids),
            metrics={**(published.metrics or {}), "card": card},
            note=published.note,
        )
        note_members(version=version, user_ids=published.member_ids)
        if activate:
            _make_active(version)
    logger.info("model_installed", version=version.pk, name=version.name, is_active=activate)
    return version


def install_shipped_model(*, directory: Path) -> tuple[ModelVersion, bool]:
    """Install and activate the model that comes with MovieShow, unless its hash is known already.

    Returns the version and whether it is new. A known one is left as it is, active or not, for an
    operator may have activated another; it is activated only where no version is.

    Raises:
        UnusableModelError: the folder holds no model.
    """
    try:
        sha256 = hash_directory(directory)
    except ArtifactStorageError as error:
        raise UnusableModelError(str(error)) from error
    known = ModelVersion.objects.filter(sha256=sha256, status=ModelVersion.Status.READY).first()
    if known is None:
        return install_model(directory=directory, activate=True), True
    if not ModelVersion.objects.filter(is_active=True).exists():
        known = activate_model_version(version_id=known.pk)
    return known, False


def activate_model_version(*, version_id: int) -> ModelVersion:
    """Serve this version from now on; web processes follow with their next request.

    Raises:
        UnknownModelVersionError: no version has this id.
        UnusableModelError: it was rejected or retired, or its files cannot be served.
    """
    version = _get_ready(version_id)
    try:
        read_card(fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256))
    except ArtifactStorageError as error:
        raise UnusableModelError(str(error)) from error
    with publish_lock():
        version = _get_ready(version_id)  # who retires one holds the lock too
        _make_active(version)
    logger.info("model_activated", version=version.pk, name=version.name)
    return version


def _get_ready(version_id: int) -> ModelVersion:
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        text = _("No model version has the id %(id)s.")
        raise UnknownModelVersionError(text % {"id": version_id})
    if version.status != ModelVersion.Status.READY:
        text = _("Model version %(id)s is %(status)s and cannot be served.")
        status = version.get_status_display()
        raise UnusableModelError(text % {"id": version_id, "status": status})
    return version


def roll_back() -> ModelVersion:
    """Activate the version that was published and served before the active one.

    Raises:
        UnknownModelVersionError: there is none.
        UnusableModelError: its files cannot be served.
    """
    active = ModelVersion.objects.filter(is_active=True).first()
    earlier = ModelVersion.objects.filter(
        status=ModelVersion.Status.READY, activated_at__isnull=False
    ).order_by("-pk")
    if active is not None:
        earlier = earlier.filter(pk__lt=active.pk)
    previous = earlier.first()
    if previous is None:
        raise UnknownModelVersionError(_("No earlier version was ever served."))
    return activate_model_version(version_id=previous.pk)


def _make_active(version: ModelVersion) -> None:
    """Move the flag; the caller holds the lock."""
    ModelVersion.objects.filter(is_active=True).exclude(pk=version.pk).update(is_active=False)
    version.is_active, version.activated_at = True, timezone.now()
    version.save(update_fields=["is_active", "activated_at"])
    transaction.on_commit(queue_warm_up, robust=True)


def publish_if_unchanged(version: ModelVersion, *, expected_active_id: int | None) -> bool:
    """Activate a version if the active one is still `expected_active_id` (compare and set)."""
    with publish_lock():
        active = ModelVersion.objects.filter(is_active=True).values_list("pk", flat=True).first()
        if active != expected_active_id:
            return False
        _make_active(version)
    return True


def return_to_base(version: ModelVersion, *, reason: str) -> bool:
    """Serve the full training that an active version started from; False if it is active no more.

    The version cannot be served again and its files are deleted, unless an experiment serves it:
    then they stay until that is decided. `reason` is added to its note.
    """
    if version.base is None or not publish_if_unchanged(
        version.base, expected_active_id=version.pk
    ):
        return False
    version.is_active, version.note = False, f"{version.note} {reason}".strip()
    version.save(update_fields=["note"])
    logger.warning("model_rolled_back", version=version.pk, base=version.base.pk, reason=reason)
    if not ModelVersion.objects.filter(_is_needed_by_experiments(), pk=version.pk).exists():
        _retire(version, status=ModelVersion.Status.REJECTED)
    return True


def _is_needed_by_experiments() -> Q:
    """Return the condition for versions that an undecided experiment serves or may go back to."""
    undecided = Experiment.objects.exclude(
        status__in=[Experiment.Status.PROMOTED, Experiment.Status.ROLLED_BACK]
    )
    promoted = Experiment.objects.filter(status=Experiment.Status.PROMOTED, is_in_force=True)
    return Q(arms__experiment__in=undecided) | Q(
        pk__in=promoted.exclude(replaced_version=None).values("replaced_version")
    )


def retire_old_versions(*, keep: int = KEPT_FINETUNED) -> int:
    """Delete the files of fine-tuned versions but the active one and the last few; count them.

    Of the last few, those go too that learnt from somebody who has left since. The rows stay, as
    retired: what was served when remains known. What an experiment that is not decided serves, or a
    promotion can be rolled back to, is kept.
    """
    rows = (
        ModelVersion.objects.filter(
            kind=ModelVersion.Kind.FINETUNED, status=ModelVersion.Status.READY, is_active=False
        )
        .exclude(pk__in=ModelVersion.objects.filter(_is_needed_by_experiments()).values("pk"))
        .order_by("-pk")
    )
    old = [row for place, row in enumerate(rows) if place >= keep or has_lost_members(row)]
    return sum(_retire(version, status=ModelVersion.Status.RETIRED) for version in old)


def _retire(version: ModelVersion, *, status: ModelVersion.Status) -> bool:
    """Let a version never be served again and delete its files; False if it is active by now."""
    with publish_lock():
        is_mine = ModelVersion.objects.filter(pk=version.pk, is_active=False).update(status=status)
        if is_mine:
            TrainedOn.objects.filter(version=version).delete()
    if is_mine:
        delete_artifact(version.artifact_prefix)
        drop_cached_artifact(sha256=version.sha256)
    return bool(is_mine)
