"""A worse model is not published, and one that has become worse is taken out of service."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import storages
from django.db import connection
from numpy.typing import NDArray
from pytest_django.fixtures import Settings

from accounts.models import User
from movieshow.advisory_locks import try_advisory_lock
from recommender import finetuning, guardrail, jobs, model_versions
from recommender.experiments.services import start_experiment, stop_experiment
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.ranking import read_tokens
from recommender.models import ModelVersion
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch
from tests.recommender.experiments.factories import make_experiment
from tests.recommender.finetuning_steps import active_version, rate
from tests.recommender.test_model_versions import copy_model

Gains = NDArray[np.float64]


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    settings.FINETUNE_MIN_INTERVAL_SECONDS = 0
    settings.FINETUNE_MAX_SECONDS = 5


@pytest.fixture
def base_whose_training_spoils(
    active_model: ModelVersion, model_directory: Path, spoilt_directory: Path, tmp_path: Path
) -> ModelVersion:
    """An active model that serves well and trains from weights that are lost."""
    folder = copy_model(model_directory, tmp_path / "base")
    shutil.copy(spoilt_directory / "model.pt", folder / "model.pt")
    return model_versions.install_model(directory=folder, activate=True)


@pytest.fixture
def served_spoilt(active_model: ModelVersion, spoilt_directory: Path) -> ModelVersion:
    """A fine-tuned version worse than its base, in service."""
    return model_versions.install_model(
        directory=spoilt_directory,
        activate=True,
        publication=model_versions.Publication(
            kind=ModelVersion.Kind.FINETUNED, base=active_model, note="3 steps."
        ),
    )


def gains_after(before: Gains, *, lose: int, win: int, by: float = 0.5) -> Gains:
    after = before.copy()
    after[:lose] -= by
    after[lose : lose + win] += by
    return after


def test_gains_are_of_the_last_film_among_all_that_were_not_seen(model_directory: Path) -> None:
    model = InferenceModel.load(model_directory, num_threads=1)
    films = [(1, 4, 7, 10, 13, 16), (5, 20, 41, 2, 9), (13, 10, 7, 4, 7)]
    histories = [History.of(movie_ids) for movie_ids in films]
    expected = []
    # An item of the tiny model is numbered as its film.
    for (*seen, last), history in zip(films, histories, strict=True):
        [scores] = model.scores(model.encode([read_tokens(model, history.select(slice(-1)))]))
        better = set(np.flatnonzero(scores >= scores[last]).tolist()) - {*seen, last}
        is_found = len(better) < 10 and last not in seen
        expected.append(1 / np.log2(2 + len(better)) if is_found else 0.0)
    assert max(expected) > 0
    assert guardrail.measure_gains(model, histories).tolist() == pytest.approx(expected)


def test_fall_that_is_certain_is_refused_however_small() -> None:
    before = np.full(100, 0.5)
    compared = guardrail.compare_gains(before, before - 0.0005)
    assert compared.high < 0
    assert compared.is_worse()


def test_small_fall_that_may_be_chance_is_let_through() -> None:
    before = np.full(100, 0.5)
    compared = guardrail.compare_gains(before, gains_after(before, lose=4, win=3, by=0.5))
    assert compared.after == pytest.approx(0.495)
    assert compared.low < 0 < compared.high
    assert not compared.is_worse()


def test_fall_beyond_the_tolerance_is_refused_without_proof() -> None:
    before = np.full(100, 0.5)
    compared = guardrail.compare_gains(before, gains_after(before, lose=10, win=6, by=0.5))
    assert compared.after == pytest.approx(0.48)
    assert compared.low < 0 < compared.high
    assert compared.is_worse()
    assert not compared.is_worse(tolerance=0.05)


def test_rise_and_no_change_are_let_through_and_a_tolerance_of_one_lets_everything() -> None:
    before = np.full(100, 0.5)
    assert not guardrail.compare_gains(before, before).is_worse()
    assert not guardrail.compare_gains(before, before + 0.1).is_worse()
    assert not guardrail.compare_gains(before, before - 0.4).is_worse(tolerance=1)


@pytest.mark.django_db(transaction=True)
def test_worse_model_is_rejected_with_the_reason_and_not_tried_again(
    base_whose_training_spoils: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    outcome = finetuning.run_finetuning()
    assert outcome.status == "rejected"
    rejected = ModelVersion.objects.get(status="rejected")
    assert rejected.pk == outcome.version_id
    assert "Rejected: NDCG@10 1.0000 -> 0." in rejected.note
    assert rejected.metrics["ndcg_at_10"]["difference"][1] < 0
    assert active_version() == base_whose_training_spoils
    assert finetuning.run_finetuning().status == "not_due"


@pytest.mark.django_db(transaction=True)
def test_members_stand_in_where_there_are_too_few_imported_people(
    base_whose_training_spoils: ModelVersion, watch: Watch
) -> None:
    for number in range(20):
        member = User.objects.create(username=f"member-{number}")
        watch(member, *range(1 + number, 16 + number, 3))
        rate(member, 16 + number)
    outcome = finetuning.run_finetuning()
    assert outcome.status == "rejected"
    assert "on 20 people" in outcome.note
    assert active_version() == base_whose_training_spoils


@pytest.mark.django_db(transaction=True)
def test_model_that_too_few_people_can_judge_is_published_and_says_so(
    base_whose_training_spoils: ModelVersion, viewer: User
) -> None:
    rate(viewer, 20, 23, 26, 29, 32)
    outcome = finetuning.run_finetuning()
    assert outcome.status == "published"
    assert "Too few people (1) for the guardrail." in active_version().note
    assert guardrail.recheck_active_version() == "too_few"


@pytest.mark.django_db(transaction=True)
def test_served_version_that_is_worse_is_rolled_back_to_its_base_by_the_nightly_job(
    served_spoilt: ModelVersion, active_model: ModelVersion, viewer: User, audience: None
) -> None:
    assert get_recommendations(user=viewer).model_version == served_spoilt.pk
    assert jobs.check_active_model() == "rolled_back"
    assert active_version() == active_model
    assert get_recommendations(user=viewer).model_version == active_model.pk
    served_spoilt.refresh_from_db()
    assert served_spoilt.status == "rejected"
    assert served_spoilt.note.startswith("3 steps. Rolled back: NDCG@10 1.0000 -> 0.")
    assert not Path(storages["artifacts"].path(served_spoilt.artifact_prefix)).exists()
    with pytest.raises(model_versions.UnusableModelError, match="rejected"):
        model_versions.activate_model_version(version_id=served_spoilt.pk)
    assert jobs.check_active_model() == "not_finetuned"


@pytest.mark.django_db(transaction=True)
def test_served_version_that_is_no_worse_stays(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    published = finetuning.run_finetuning().version_id
    assert guardrail.recheck_active_version() == "sound"
    assert active_version().pk == published


@pytest.mark.django_db(transaction=True)
def test_version_is_not_checked_while_another_worker_fine_tunes(
    served_spoilt: ModelVersion, audience: None
) -> None:
    said: list[str] = []

    def check() -> None:
        try:
            said.append(guardrail.recheck_active_version())
        finally:
            connection.close()

    with try_advisory_lock(model_versions.FINETUNE_LOCK):
        thread = threading.Thread(target=check)
        thread.start()
        thread.join()
    assert said == ["busy"]
    assert active_version() == served_spoilt


@pytest.mark.django_db(transaction=True)
def test_rolled_back_version_that_an_experiment_serves_keeps_its_files_until_it_is_decided(
    served_spoilt: ModelVersion, active_model: ModelVersion, audience: None
) -> None:
    arms = {"control": {}, "tuned": {"model_version": served_spoilt}}
    experiment = make_experiment("tuned", arms=arms)
    start_experiment(experiment_id=experiment.pk)
    assert guardrail.recheck_active_version() == "rolled_back"
    assert active_version() == active_model
    assert Path(storages["artifacts"].path(served_spoilt.artifact_prefix)).exists()
    served_spoilt.refresh_from_db()
    assert served_spoilt.status == "ready"
    stop_experiment(experiment_id=experiment.pk)
    assert ModelVersion.objects.get(pk=served_spoilt.pk).status == "ready"
