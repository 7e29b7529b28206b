"""The life of an experiment: draft → running → stopped → promoted or rolled back.

Each step locks the experiment's row, so of two operators who press the same button one succeeds and
the other is told; the database lets one experiment run, and one be in force, on each surface.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from recommender.artifacts import ArtifactStorageError, fetch_artifact
from recommender.experiments.arm_snapshots import MAX_PINNED_MODELS
from recommender.model_versions import UnusableModelError, activate_model_version, read_card
from recommender.models import Arm, Experiment, ModelVersion

logger = structlog.get_logger(__name__)

MAX_ARMS = 6
RERANK_SETTINGS = ("diversity", "obscurity", "adventure", "newness")
# Constraints of the table of experiments; any other that is broken is no operator's doing.
ONE_PER_SURFACE = ("experiment_one_running", "experiment_one_in_force")
Status = Experiment.Status


class ExperimentError(Exception):
    """The step cannot be taken; the message says why, for an operator."""


class UnknownExperimentError(ExperimentError):
    """There is no such experiment, or no such arm in it."""


@contextmanager
def _changing(experiment_id: int, *, expected: tuple[str, ...]) -> Iterator[Experiment]:
    """Lend the experiment locked, in one transaction; refuse it in any other state."""
    try:
        with transaction.atomic():
            experiment = Experiment.objects.select_for_update().filter(pk=experiment_id).first()
            if experiment is None:
                raise UnknownExperimentError(_("This experiment does not exist any more."))
            if experiment.status not in expected:
                raise ExperimentError(
                    _("“%(name)s” is %(status)s: this cannot be done now.")
                    % {"name": experiment.name, "status": experiment.get_status_display()}
                )
            yield experiment
    except IntegrityError as error:
        if not any(name in str(error) for name in ONE_PER_SURFACE):
            raise
        raise ExperimentError(
            _("Another experiment runs or is in force on the same surface: end that one first.")
        ) from error


def start_experiment(*, experiment_id: int) -> Experiment:
    """Let people into an experiment; from now on its arms are fixed.

    Arms that name no model are pinned to the version that is active now, and those that leave a
    dial or the diversity open to those in force, so that a fine-tuning meanwhile changes no arm.

    Raises:
        ExperimentError: it is no draft, its arms make no experiment, a model of theirs cannot be
            served, or another experiment runs on the same surface.
    """
    with _changing(experiment_id, expected=(Status.DRAFT,)) as experiment:
        arms = list(experiment.arms.select_for_update().order_by("pk"))
        _check_arms(experiment, arms)
        _pin(experiment, arms)
        experiment.status, experiment.started_at = Status.RUNNING, timezone.now()
        experiment.salt = secrets.token_hex(8)
        experiment.save(update_fields=["status", "started_at", "salt"])
    logger.info("experiment_started", experiment=experiment.name)
    return experiment


def _check_arms(experiment: Experiment, arms: list[Arm]) -> None:
    if not 2 <= len(arms) <= MAX_ARMS:
        raise ExperimentError(_("An experiment has two to %(most)d arms.") % {"most": MAX_ARMS})
    if sum(arm.is_control for arm in arms) != 1:
        raise ExperimentError(_("Exactly one arm must be the control."))
    unserved = [
        arm.name
        for arm in arms
        if arm.model_version and arm.model_version.status != ModelVersion.Status.READY
    ]
    if unserved:
        raise ExperimentError(_("The model of “%(arm)s” is not ready.") % {"arm": unserved[0]})
    for version in {arm.model_version for arm in arms if arm.model_version}:
        _check_model(version)
    is_of_rows = [arm for arm in arms if arm.row_policy != Arm.RowPolicy.FIXED]
    if experiment.surface == Experiment.Surface.RANKING and is_of_rows:
        raise ExperimentError(_("Rows are tried in an experiment on the home page's rows."))
    is_of_films = [arm for arm in arms if _changes_films(arm)]
    if experiment.surface == Experiment.Surface.HOME_ROWS and is_of_films:
        raise ExperimentError(_("An experiment on rows cannot change the ranking as well."))


def _check_model(version: ModelVersion) -> None:
    try:
        read_card(fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256))
    except (ArtifactStorageError, UnusableModelError) as error:
        raise ExperimentError(
            _("%(model)s cannot be served: %(error)s") % {"model": version, "error": error}
        ) from error


def _changes_films(arm: Arm) -> bool:
    is_plain = all(getattr(arm, setting) is None for setting in RERANK_SETTINGS)
    is_model = arm.ranking == Arm.Ranking.MODEL and arm.model_version_id is None
    return not (is_plain and is_model)


def _pin(experiment: Experiment, arms: list[Arm]) -> None:
    if experiment.surface != Experiment.Surface.RANKING:
        return
    active = ModelVersion.objects.filter(is_active=True).first()
    in_force = Arm.objects.filter(
        pk__in=Experiment.objects.filter(surface=experiment.surface, is_in_force=True).values(
            "winner"
        )
    ).first()
    for arm in arms:
        if arm.ranking == Arm.Ranking.MODEL and arm.model_version is None:
            arm.model_version = active
        for setting in RERANK_SETTINGS:
            if getattr(arm, setting) is None and in_force is not None:
                setattr(arm, setting, getattr(in_force, setting))
        arm.save(update_fields=["model_version", *RERANK_SETTINGS])
    pinned = {arm.model_version_id for arm in arms if arm.model_version_id}
    if len(pinned - {active.pk if active else None}) > MAX_PINNED_MODELS:
        raise ExperimentError(
            _("Web processes hold at most %(most)d models beside the active one.")
            % {"most": MAX_PINNED_MODELS}
        )


def stop_experiment(*, experiment_id: int, is_guardrail: bool = False) -> Experiment:
    """Let nobody into it any more: everybody gets what is served to all again.

    Raises:
        ExperimentError: it is not running.
    """
    with _changing(experiment_id, expected=(Status.RUNNING,)) as experiment:
        experiment.status, experiment.stopped_at = Status.STOPPED, timezone.now()
        experiment.save(update_fields=["status", "stopped_at"])
    logger.info("experiment_stopped", experiment=experiment.name, is_guardrail=is_guardrail)
    return experiment


def promote_arm(*, experiment_id: int, arm_id: int) -> Experiment:
    """Give everybody what an arm of a stopped experiment served.

    Its model becomes the active version, from which fine-tuning goes on; its other settings are in
    force until it is rolled back or another experiment of the surface is promoted.

    Raises:
        ExperimentError: the experiment is not stopped, or has no such arm.
        UnusableModelError: the arm's model cannot be served.
    """
    with _changing(experiment_id, expected=(Status.STOPPED,)) as experiment:
        arm = experiment.arms.filter(pk=arm_id).first()
        if arm is None:
            raise UnknownExperimentError(_("This experiment has no such arm."))
        active = ModelVersion.objects.filter(is_active=True).first()
        if arm.model_version_id and (active is None or active.pk != arm.model_version_id):
            activate_model_version(version_id=arm.model_version_id)
            experiment.replaced_version = active
        others = Experiment.objects.filter(surface=experiment.surface, is_in_force=True)
        others.update(is_in_force=False)
        experiment.winner, experiment.is_in_force = arm, True
        experiment.status, experiment.decided_at = Status.PROMOTED, timezone.now()
        experiment.save(
            update_fields=["winner", "is_in_force", "status", "decided_at", "replaced_version"]
        )
    logger.info("experiment_promoted", experiment=experiment.name, arm=arm.name)
    return experiment


def roll_back_experiment(*, experiment_id: int) -> Experiment:
    """End a stopped experiment without a change, or take a promotion back.

    The model that the promotion replaced is served again, unless another was activated since.

    Raises:
        ExperimentError: it is neither stopped nor promoted.
        UnusableModelError: the model to go back to cannot be served.
    """
    with _changing(experiment_id, expected=(Status.STOPPED, Status.PROMOTED)) as experiment:
        before, winner = experiment.replaced_version, experiment.winner
        if before is not None and winner is not None and _is_still_served(winner):
            activate_model_version(version_id=before.pk)
        experiment.is_in_force = False
        experiment.status, experiment.decided_at = Status.ROLLED_BACK, timezone.now()
        experiment.save(update_fields=["is_in_force", "status", "decided_at"])
    logger.info("experiment_rolled_back", experiment=experiment.name)
    return experiment


def _is_still_served(winner: Arm) -> bool:
    """Whether the active version is the winner's, or fine-tuned from the same training."""
    active = ModelVersion.objects.filter(is_active=True).first()
    version = winner.model_version
    if active is None or version is None:
        return False
    return active.pk == version.pk or (active.base_id or active.pk) == (
        version.base_id or version.pk
    )


def flag_guardrail(*, experiment_id: int) -> bool:
    """Mark that the guardrail is broken, and stop the experiment where it asks for that.

    Returns whether it was stopped. A second call changes nothing.
    """
    Experiment.objects.filter(pk=experiment_id, guardrail_broken_at=None).update(
        guardrail_broken_at=timezone.now()
    )
    experiment = Experiment.objects.filter(pk=experiment_id, status=Status.RUNNING).first()
    if experiment is None or not experiment.stops_on_guardrail:
        return False
    try:
        stop_experiment(experiment_id=experiment_id, is_guardrail=True)
    except ExperimentError:  # an operator was quicker
        return False
    return True
