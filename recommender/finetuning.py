"""Incremental fine-tuning: from live ratings to a new model version, or a reason why not.

Runs in workers only: it imports torch. It starts from the last full training each time, so it
cannot drift and what a person deleted is gone; it never holds a transaction open while it trains.
Films that the full training did not know get rows: what their content predicts, moved within
bounds by the ratings since. The nightly schedule gives rows to films nobody has rated, too.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from movieshow.advisory_locks import try_advisory_lock
from recommender import training_data
from recommender.artifacts import fetch_artifact
from recommender.film_facts import find_films_without_row, read_film_facts
from recommender.guardrail import TOLERANCE, Comparison, compare_models
from recommender.ml.finetuning import FinetuneReport, fine_tune
from recommender.ml.inference import read_movie_ids
from recommender.model_versions import (
    FINETUNE_LOCK,
    Publication,
    install_model,
    publish_if_unchanged,
    retire_old_versions,
    return_to_base,
)
from recommender.models import ModelVersion
from recommender.training_data import Watermark
from recommender.withdrawals import has_lost_members

logger = structlog.get_logger(__name__)

__all__ = ["TOLERANCE", "Outcome", "run_finetuning"]


@dataclass(frozen=True)
class Outcome:
    """What came of it: `published`, `rejected`, `superseded`, or why nothing was trained.

    `withdrawn` says that the base is served again, for the version before knew somebody who left.
    """

    status: str
    version_id: int | None = None
    note: str = ""

    @property
    def has_trained(self) -> bool:
        """Whether a training ran to its end."""
        return self.status in {"published", "rejected", "superseded"}


def run_finetuning(
    *,
    min_interval_seconds: float | None = None,
    tolerance: float = TOLERANCE,
    adds_films: bool = False,
) -> Outcome:
    """Fine-tune the active version's lineage if that is due and not too soon, and publish it.

    Enough new ratings make it due, and so does somebody who leaves after the active version learnt
    from them; with `adds_films` so do films of the catalogue without a row. An interval unset is
    that of the settings; `tolerance` is the guardrail's. Two workers never fine-tune at once; one
    that dies half way leaves the version before in service and its lock to the next.

    Raises:
        ArtifactStorageError: the base's files are missing or corrupt.
    """
    interval = (
        settings.FINETUNE_MIN_INTERVAL_SECONDS
        if min_interval_seconds is None
        else min_interval_seconds
    )
    with try_advisory_lock(FINETUNE_LOCK) as is_mine:
        if not is_mine:
            return Outcome("busy")
        active = ModelVersion.objects.select_related("base").filter(is_active=True).first()
        if active is None:
            return Outcome("no_model")
        if _is_too_soon(interval):
            return Outcome("too_soon")
        has_lost = has_lost_members(active)
        is_due = has_lost or training_data.is_new_data(active)
        if not is_due and not (adds_films and _lacks_films(active)):
            return Outcome("not_due")
        outcome = _train_and_publish(active, tolerance=tolerance)
        if has_lost and outcome.status in {"not_due", "rejected"}:
            outcome = _withdraw(active, outcome)
    logger.info("finetuning_ended", status=outcome.status, version=outcome.version_id)
    return outcome


def _is_too_soon(interval_seconds: float) -> bool:
    """Whether the last attempt is not that long ago.

    One in the future was written before the clock went back; waiting for it could take for ever.
    """
    now = timezone.now()
    return ModelVersion.objects.filter(
        kind=ModelVersion.Kind.FINETUNED,
        created_at__gt=now - timedelta(seconds=interval_seconds),
        created_at__lte=now,
    ).exists()


def _withdraw(active: ModelVersion, outcome: Outcome) -> Outcome:
    """Serve the base where nothing can take the place of a version that knows somebody who left."""
    is_back = return_to_base(active, reason="Withdrawn: somebody it learnt from has left.")
    retire_old_versions()
    return Outcome("withdrawn", active.base_id, outcome.note) if is_back else outcome


def _lacks_films(active: ModelVersion) -> bool:
    """Whether the catalogue has films that could have a row in the active version and have none."""
    folder = fetch_artifact(prefix=active.artifact_prefix, sha256=active.sha256)
    missing = find_films_without_row(read_movie_ids(folder))
    if not len(missing):
        return False
    facts = read_film_facts()
    return any(not facts[pk].is_blank for pk in missing.tolist() if pk in facts)


def _train_and_publish(active: ModelVersion, *, tolerance: float) -> Outcome:
    base = active.base or active
    watermark = training_data.read_watermark()
    sample = training_data.read_validation_sample()
    members = training_data.read_member_histories(base=base, held_out=sample.member_ids)
    source = fetch_artifact(prefix=base.artifact_prefix, sha256=base.sha256)
    is_growing = len(find_films_without_row(read_movie_ids(source))) > 0
    if not members and not is_growing:
        return Outcome("not_due", note="nobody has rated two films yet")
    replay = training_data.read_replay_histories(seed=watermark.transaction_id) if members else []
    with _work_folder() as folder:
        report = fine_tune(
            source,
            folder / "model",
            histories=list(members.values()),
            replay=replay,
            max_seconds=settings.FINETUNE_MAX_SECONDS,
            seed=watermark.transaction_id % 2**31,
            facts=read_film_facts() if is_growing else None,
        )
        if not members and not report.new_films:
            return Outcome("not_due", note="nobody rated two films and no film can have a row")
        comparison = compare_models(source, folder / "model", sample.histories)
        counts = {"members": len(members), "replay": len(replay)}
        metrics = _collect_metrics(watermark, report, comparison, counts)
        if sample.is_large_enough and comparison.is_worse(tolerance=tolerance):
            return _reject(base, watermark, metrics, comparison)
        publication = Publication(
            kind=ModelVersion.Kind.FINETUNED,
            base=base,
            watermark=watermark.transaction_id,
            metrics=metrics,
            note=_describe(report, len(members), comparison, is_checked=sample.is_large_enough),
            member_ids=members,
        )
        version = install_model(directory=folder / "model", name=base.name, publication=publication)
    return _publish(version, instead_of=active)


def _collect_metrics(
    watermark: Watermark,
    report: FinetuneReport,
    comparison: Comparison,
    counts: dict[str, int],
) -> dict[str, Any]:
    """Return what is kept of a fine-tuning with its version; `counts` are of people read."""
    return {
        "ndcg_at_10": comparison.for_metrics(),
        "training": {**counts, "steps": report.steps, "new_films": report.new_films},
        "seen_event_ids": list(watermark.event_ids),
    }


def _publish(version: ModelVersion, *, instead_of: ModelVersion) -> Outcome:
    """Put a version in service, unless another took the place of the one it was made from."""
    is_published = publish_if_unchanged(version, expected_active_id=instead_of.pk)
    if not is_published:
        version.note += " Another version was activated meanwhile, so this one was not."
        version.save(update_fields=["note"])
    retire_old_versions()
    return Outcome("published" if is_published else "superseded", version.pk, version.note)


def _describe(
    report: FinetuneReport, members: int, comparison: Comparison, *, is_checked: bool
) -> str:
    whose = "1 person" if members == 1 else f"{members} people"
    text = f"{report.steps} steps in {report.seconds:.1f} s on the ratings of {whose}."
    if report.new_films:
        text += f" Rows for {report.new_films} new films, from their content."
    if not is_checked:
        return f"{text} Too few people ({comparison.people}) for the guardrail."
    return f"{text} {comparison.describe()}"


def _reject(
    base: ModelVersion, watermark: Watermark, metrics: dict[str, Any], comparison: Comparison
) -> Outcome:
    """Write down that a fine-tuned model was worse; its files are not kept."""
    note = f"Rejected: {comparison.describe()}"
    version = ModelVersion.objects.create(
        name=base.name,
        kind=ModelVersion.Kind.FINETUNED,
        status=ModelVersion.Status.REJECTED,
        base=base,
        artifact_prefix=f"rejected/{base.pk}-{watermark.transaction_id}-{timezone.now():%Y%m%d%H%M%S%f}",
        sha256="",
        watermark=watermark.transaction_id,
        metrics=metrics,
        note=note,
    )
    return Outcome("rejected", version.pk, note)


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Lend an empty folder; what a killed worker left behind goes first."""
    root = Path(settings.MOVIESHOW_HOME) / "finetuning"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        yield Path(folder)
