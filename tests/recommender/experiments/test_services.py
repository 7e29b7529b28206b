"""The life of an experiment, and who gets which arm."""

import threading
from collections import Counter
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import merge_guest
from recommender import model_versions
from recommender.experiments import services as experiments
from recommender.experiments.arms import ServedArm, hash_to_unit_interval, make_allocation
from recommender.experiments.services import ExperimentError
from recommender.models import Arm, Experiment, Exposure, ModelVersion, TasteProfile
from recommender.serving import read_state
from tests.catalog.factories import make_guest
from tests.recommender.experiments.factories import make_experiment, show
from tests.recommender.test_model_versions import copy_model, retiring_before_the_lock


def make_served(arm_id: int) -> ServedArm:
    return ServedArm(arm_id, 1, True, "model", None, None, "fixed")


@pytest.fixture
def second_model(active_model: ModelVersion, model_directory: Path, tmp_path: Path) -> ModelVersion:
    return model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), name="second"
    )


def start(experiment: Experiment) -> Experiment:
    return experiments.start_experiment(experiment_id=experiment.pk)


def test_people_are_dealt_by_the_shares_and_always_alike() -> None:
    allocation = make_allocation(
        salt="s", arms=(make_served(1), make_served(2), make_served(3)), shares=(50, 30, 20)
    )
    assigned = [allocation.assign(key).arm_id for key in range(20_000)]
    assert assigned == [allocation.assign(key).arm_id for key in range(20_000)]
    counts = Counter(assigned)
    for arm_id, share in ((1, 0.5), (2, 0.3), (3, 0.2)):
        assert counts[arm_id] / 20_000 == pytest.approx(share, abs=0.015)


def test_experiments_deal_independently_of_each_other() -> None:
    arms = (make_served(1), make_served(2))
    one, other = (make_allocation(salt=salt, arms=arms, shares=(1, 1)) for salt in "ab")
    both = Counter((one.assign(key).arm_id, other.assign(key).arm_id) for key in range(8000))
    assert all(count == pytest.approx(2000, abs=200) for count in both.values())
    assert 0 <= hash_to_unit_interval(salt="a", subject_key=-1) < 1


def test_starting_pins_the_active_model_and_fixes_the_salt(active_model: ModelVersion) -> None:
    experiment = start(make_experiment())
    assert experiment.status == "running"
    assert experiment.salt
    control, popularity = experiment.arms.all()
    assert control.model_version == active_model
    assert popularity.model_version is None


def test_state_of_a_person_carries_their_arm_in_one_query(
    active_model: ModelVersion, viewer: User, django_assert_num_queries: object
) -> None:
    assert read_state(user_id=viewer.pk).ranking_arm is None
    start(make_experiment())
    first = read_state(user_id=viewer.pk).ranking_arm
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert read_state(user_id=viewer.pk).ranking_arm == first
    assert first is not None
    assert read_state(user_id=None).ranking_arm is None


def test_who_does_not_allow_measuring_is_in_no_experiment(
    active_model: ModelVersion, viewer: User
) -> None:
    start(make_experiment())
    User.objects.filter(pk=viewer.pk).update(allows_training=False)
    assert read_state(user_id=viewer.pk).ranking_arm is None


@pytest.mark.parametrize(
    ("arms", "complaint"),
    [
        ({"control": {}}, "two to"),
        ({"control": {}, "b": {"is_control": False, "row_policy": "uniform"}}, "Rows are tried"),
    ],
)
def test_arms_that_make_no_experiment_are_refused(
    active_model: ModelVersion, arms: dict[str, dict[str, object]], complaint: str
) -> None:
    experiment = Experiment.objects.create(name="bad")
    for number, (name, fields) in enumerate(arms.items()):
        Arm.objects.create(
            experiment=experiment, name=name, **{"is_control": number == 0, **fields}
        )
    with pytest.raises(ExperimentError, match=complaint):
        start(experiment)


def test_experiment_without_a_control_or_with_a_rejected_model_is_refused(
    active_model: ModelVersion, second_model: ModelVersion
) -> None:
    experiment = make_experiment(arms={"a": {}, "b": {"model_version": second_model}})
    ModelVersion.objects.filter(pk=second_model.pk).update(status="rejected")
    with pytest.raises(ExperimentError, match="not ready"):
        start(experiment)
    experiment.arms.update(is_control=False, model_version=None)
    with pytest.raises(ExperimentError, match="Exactly one arm"):
        start(experiment)


def test_steps_are_taken_in_order_only(active_model: ModelVersion) -> None:
    experiment = make_experiment()
    pk = experiment.pk
    with pytest.raises(ExperimentError, match="draft"):
        experiments.stop_experiment(experiment_id=pk)
    start(experiment)
    with pytest.raises(ExperimentError, match="running"):
        start(experiment)
    with pytest.raises(ExperimentError, match="running"):
        experiments.roll_back_experiment(experiment_id=pk)
    experiments.stop_experiment(experiment_id=pk)
    with pytest.raises(ExperimentError, match="stopped"):
        start(experiment)
    experiments.roll_back_experiment(experiment_id=pk)
    with pytest.raises(ExperimentError, match="rolled back"):
        experiments.promote_arm(experiment_id=pk, arm_id=experiment.arms.all()[0].pk)
    with pytest.raises(experiments.UnknownExperimentError):
        experiments.stop_experiment(experiment_id=987)


def test_one_experiment_runs_on_a_surface(active_model: ModelVersion) -> None:
    start(make_experiment("one"))
    with pytest.raises(ExperimentError, match="same surface"):
        start(make_experiment("two"))
    rows = {"control": {}, "uniform": {"row_policy": "uniform"}}
    start(make_experiment("rows", surface="home_rows", arms=rows))
    with pytest.raises(IntegrityError), transaction.atomic():
        Experiment.objects.filter(name="two").update(status="running", started_at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_same", [True, False], ids=["the same", "two of one surface"])
def test_of_two_operators_who_press_start_one_succeeds(
    is_same: bool, active_model: ModelVersion
) -> None:
    pressed = [make_experiment("one")]
    pressed.append(pressed[0] if is_same else make_experiment("two"))
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def press(experiment: Experiment) -> None:
        barrier.wait()
        try:
            start(experiment)
            outcomes.append("started")
        except ExperimentError:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(experiment,)) for experiment in pressed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "started"]
    assert Experiment.objects.filter(status="running").count() == 1


def test_promoting_a_model_serves_it_to_all_and_rolling_back_returns(
    active_model: ModelVersion, second_model: ModelVersion, viewer: User
) -> None:
    arms = {"control": {}, "second": {"model_version": second_model, "diversity": 0.6}}
    experiment = start(make_experiment(arms=arms))
    experiments.stop_experiment(experiment_id=experiment.pk)
    assert read_state(user_id=viewer.pk).ranking_arm is None
    winner = experiment.arms.get(name="second")
    experiments.promote_arm(experiment_id=experiment.pk, arm_id=winner.pk)
    assert ModelVersion.objects.get(is_active=True) == second_model
    for user_id in (viewer.pk, None):
        arm = read_state(user_id=user_id).ranking_arm
        assert arm is not None
        assert (arm.diversity, arm.model, arm.is_running) == (0.6, None, False)
    experiments.roll_back_experiment(experiment_id=experiment.pk)
    assert ModelVersion.objects.get(is_active=True) == active_model
    assert read_state(user_id=viewer.pk).ranking_arm is None


def test_model_retired_while_its_arm_is_promoted_is_named_as_the_reason(
    active_model: ModelVersion, second_model: ModelVersion
) -> None:
    arms = {"control": {}, "second": {"model_version": second_model}}
    experiment = start(make_experiment(arms=arms))
    experiments.stop_experiment(experiment_id=experiment.pk)
    winner = experiment.arms.get(name="second")
    with retiring_before_the_lock(second_model), pytest.raises(model_versions.UnusableModelError):
        experiments.promote_arm(experiment_id=experiment.pk, arm_id=winner.pk)
    experiment.refresh_from_db()
    assert experiment.status == "stopped"


def test_only_a_second_experiment_on_a_surface_is_told_as_one(db: None) -> None:
    experiment = make_experiment()
    changing = experiments._changing(experiment.pk, expected=("draft",))
    with pytest.raises(IntegrityError, match="experiment_margin_is_share"), changing as changed:
        changed.hide_margin = 7.0
        changed.save()


def test_rolling_back_leaves_a_model_activated_since(
    active_model: ModelVersion,
    second_model: ModelVersion,
    model_directory: Path,
    tmp_path: Path,
) -> None:
    arms = {"control": {}, "second": {"model_version": second_model}}
    experiment = start(make_experiment(arms=arms))
    experiments.stop_experiment(experiment_id=experiment.pk)
    winner = experiment.arms.get(name="second")
    experiments.promote_arm(experiment_id=experiment.pk, arm_id=winner.pk)
    third = model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "3", note=" "), name="third", activate=True
    )
    experiments.roll_back_experiment(experiment_id=experiment.pk)
    assert ModelVersion.objects.get(is_active=True) == third


def test_second_promotion_takes_the_firsts_place(active_model: ModelVersion, viewer: User) -> None:
    for name, diversity in (("one", 0.1), ("two", 0.9)):
        arms = {"control": {}, "spread": {"diversity": diversity}}
        experiment = start(make_experiment(name, arms=arms))
        experiments.stop_experiment(experiment_id=experiment.pk)
        spread = experiment.arms.get(name="spread")
        experiments.promote_arm(experiment_id=experiment.pk, arm_id=spread.pk)
    assert Experiment.objects.get(is_in_force=True).name == "two"
    assert read_state(user_id=viewer.pk).ranking_arm.diversity == 0.9  # type: ignore[union-attr]
    # What is in force is what the next control is pinned to.
    third = start(make_experiment("three"))
    assert third.arms.get(name="control").diversity == 0.9


def test_arms_models_are_not_retired(
    active_model: ModelVersion, second_model: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=second_model.pk).update(kind="finetuned")
    experiment = make_experiment(arms={"control": {}, "b": {"model_version": second_model}})
    assert model_versions.retire_old_versions(keep=0) == 0
    start(experiment)
    assert model_versions.retire_old_versions(keep=0) == 0
    experiments.stop_experiment(experiment_id=experiment.pk)
    experiments.roll_back_experiment(experiment_id=experiment.pk)
    assert model_versions.retire_old_versions(keep=0) == 1


def test_guest_who_signs_up_keeps_the_arm(active_model: ModelVersion) -> None:
    experiment = start(make_experiment())
    for number in range(8):
        guest = make_guest()
        arm = read_state(user_id=guest.pk).ranking_arm
        user = User.objects.create_user(f"new{number}")
        merge_guest(guest=guest, user=user)
        state = read_state(user_id=user.pk)
        assert state.ranking_arm == arm
    assert experiment.status == "running"


def test_account_that_was_dealt_before_keeps_its_own_arm(
    active_model: ModelVersion, viewer: User
) -> None:
    experiment = start(make_experiment())
    control, other = experiment.arms.all()
    before = read_state(user_id=viewer.pk).ranking_arm
    assert before is not None
    show(Arm.objects.get(pk=before.arm_id), viewer)
    guest = make_guest()
    show(other if before.arm_id == control.pk else control, guest)
    merge_guest(guest=guest, user=viewer)
    assert read_state(user_id=viewer.pk).ranking_arm == before
    assert TasteProfile.objects.get(user=viewer).subject_key is None
    assert Exposure.objects.filter(user=viewer).count() == 2


def test_running_lookup_reads_few_rows_whatever_was_tried(active_model: ModelVersion) -> None:
    Experiment.objects.bulk_create(
        Experiment(name=f"old{n}", status="stopped", started_at=timezone.now()) for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recommender_experiment")
        cursor.execute(
            "EXPLAIN SELECT id FROM recommender_experiment WHERE status = 'running' OR is_in_force"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "experiment_serving" in plan
