"""Who leaves is unlearnt: the next model does not know them, and the one before is not served."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.consent import set_training_consent
from accounts.deletion import delete_account
from accounts.models import User
from accounts.services import delete_expired_guests, merge_guest
from catalog.models import Movie
from recommender import finetuning, jobs, model_versions
from recommender.artifacts import fetch_artifact
from recommender.experiments.services import (
    roll_back_experiment,
    start_experiment,
    stop_experiment,
)
from recommender.guardrail import Comparison, compare_models
from recommender.ml.inference import read_movie_ids
from recommender.models import ModelVersion, TrainedOn
from recommender.withdrawals import has_lost_members
from tests.catalog.factories import make_guest
from tests.recommender.asking import get_recommendations
from tests.recommender.experiments.factories import make_experiment
from tests.recommender.finetuning_steps import active_version, rate

pytestmark = pytest.mark.django_db(transaction=True)
RARE = 1_000_000


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    settings.FINETUNE_MIN_INTERVAL_SECONDS = 0
    settings.FINETUNE_MAX_SECONDS = 5


@pytest.fixture
def friend(db: None) -> User:
    return User.objects.create_user("friend", password="friend's password")


@pytest.fixture
def tuned(active_model: ModelVersion, viewer: User, friend: User, audience: None) -> ModelVersion:
    """A version that learnt from two members; a film that only the viewer rated has a row in it."""
    Movie.objects.create(pk=RARE, title="Rare", search_title="rare")
    rate(viewer, 20, 23, RARE, 26)
    rate(friend, 1, 4, 7)
    assert finetuning.run_finetuning().status == "published"
    version = active_version()
    assert RARE in known_to(version)
    assert trained_on(version) == {viewer.pk, friend.pk}
    return version


def known_to(version: ModelVersion) -> list[int]:
    folder = fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256)
    ids: list[int] = read_movie_ids(folder).tolist()
    return ids


def trained_on(version: ModelVersion) -> set[int]:
    return set(TrainedOn.objects.filter(version=version).values_list("user_id", flat=True))


def leave_by_deleting(user: User) -> None:
    browser = Client()
    browser.force_login(user)
    answer = browser.post("/account/delete/", {"password": "viewer's password"})
    assert answer.status_code == 302, answer.content.decode()


def leave_by_refusing(user: User) -> None:
    browser = Client()
    browser.force_login(user)
    assert browser.post("/account/training/", {}).status_code == 302


@pytest.mark.parametrize("leave", [leave_by_deleting, leave_by_refusing])
def test_next_model_does_not_know_who_left_though_nobody_rates_anew(
    tuned: ModelVersion, viewer: User, friend: User, leave: Callable[[User], None]
) -> None:
    assert jobs.finetune_if_due() == "not_due"
    leave(viewer)
    assert jobs.finetune_if_due() == "published"
    after = active_version()
    assert after.pk != tuned.pk
    assert trained_on(after) == {friend.pk}
    assert after.metrics["training"]["members"] == 1
    assert RARE not in known_to(after)
    assert get_recommendations(user=friend).model_version == after.pk
    assert jobs.finetune_if_due() == "not_due"


def test_version_that_knows_who_left_is_retired_with_its_files_at_once(
    tuned: ModelVersion, viewer: User
) -> None:
    assert delete_account(user=viewer)
    jobs.finetune_if_due()
    tuned.refresh_from_db()
    assert tuned.status == "retired"
    assert not Path(storages["artifacts"].path(tuned.artifact_prefix)).exists()
    assert trained_on(tuned) == set()
    with pytest.raises(model_versions.UnusableModelError):
        model_versions.activate_model_version(version_id=tuned.pk)


def test_base_is_served_again_where_the_only_members_left(
    tuned: ModelVersion, active_model: ModelVersion, viewer: User, friend: User
) -> None:
    delete_account(user=viewer)
    delete_account(user=friend)
    Movie.objects.filter(pk=RARE).delete()
    assert jobs.finetune_if_due() == "withdrawn"
    assert active_version() == active_model
    tuned.refresh_from_db()
    assert tuned.status == "rejected"
    assert "somebody it learnt from has left" in tuned.note
    assert jobs.finetune_if_due() == "not_due"


def test_base_is_served_again_where_the_guardrail_refuses_the_next_model(
    tuned: ModelVersion, active_model: ModelVersion, viewer: User
) -> None:
    delete_account(user=viewer)
    assert finetuning.run_finetuning(tolerance=-10.0).status == "withdrawn"
    assert active_version() == active_model
    assert jobs.finetune_if_due() == "not_due"


def test_who_leaves_while_a_model_trains_is_unlearnt_by_the_next(
    active_model: ModelVersion,
    viewer: User,
    friend: User,
    audience: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def delete_and_compare(*args: Any) -> Comparison:
        delete_account(user=viewer)
        return compare_models(*args)

    monkeypatch.setattr(finetuning, "compare_models", delete_and_compare)
    rate(viewer, 20, 23)
    rate(friend, 1, 4, 7)
    assert finetuning.run_finetuning().status == "published"
    assert active_version().num_members == 2
    assert has_lost_members(active_version())
    assert finetuning.run_finetuning().status == "published"
    assert (active_version().num_members, trained_on(active_version())) == (1, {friend.pk})
    assert not has_lost_members(active_version())


def test_every_way_to_leave_is_noticed(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    def expire(guest: User) -> None:
        User.objects.filter(pk=guest.pk).update(expires_at=timezone.now())
        assert delete_expired_guests() == 1

    def lock_out(member: User) -> None:
        member.is_active = False
        member.save()

    ways: dict[User, Callable[[User], object]] = {
        make_guest(): expire,
        User.objects.create(username="deleted"): lambda member: delete_account(user=member),
        User.objects.create(username="gone"): lambda member: member.delete(),
        User.objects.create(username="locked out"): lock_out,
        User.objects.create(username="refuser"): lambda member: set_training_consent(
            user=member, allows_training=False
        ),
    }
    rate(viewer, 1, 4)
    for person, leave in ways.items():
        rate(person, 20, 23)
        assert finetuning.run_finetuning().status == "published"
        assert not has_lost_members(active_version())
        leave(person)
        assert has_lost_members(active_version()), person.username


@pytest.mark.parametrize("has_rated", [False, True])
def test_guest_who_signs_up_is_not_missed_until_the_account_leaves(
    active_model: ModelVersion, viewer: User, audience: None, has_rated: bool
) -> None:
    guest = make_guest()
    rate(guest, 20, 23)
    if has_rated:
        rate(viewer, 1, 4)
    assert finetuning.run_finetuning().status == "published"
    merge_guest(guest=guest, user=viewer)
    assert trained_on(active_version()) == {viewer.pk}
    assert not has_lost_members(active_version())
    set_training_consent(user=viewer, allows_training=False)
    assert has_lost_members(active_version())


def test_arm_of_an_experiment_keeps_its_version_until_that_is_decided(
    tuned: ModelVersion, viewer: User, friend: User
) -> None:
    arms = {"control": {}, "tuned": {"model_version": tuned}}
    experiment = make_experiment("tuned", arms=arms)
    start_experiment(experiment_id=experiment.pk)
    delete_account(user=viewer)
    assert jobs.finetune_if_due() == "published"
    assert ModelVersion.objects.get(pk=tuned.pk).status == "ready"
    stop_experiment(experiment_id=experiment.pk)
    roll_back_experiment(experiment_id=experiment.pk)
    jobs.retire_models()
    assert ModelVersion.objects.get(pk=tuned.pk).status == "retired"
