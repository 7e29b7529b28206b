"""A new model's answers are there before people who were here lately ask for them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY
from rest_framework.test import APIClient
from rq.job import Job

from accounts.models import ApiToken, User
from accounts.tokens import create_api_token
from catalog.models import Rating
from recommender.cache import Lookups, read_model_lookups
from recommender.feedback.noting import noted
from recommender.model_versions import activate_model_version
from recommender.models import ModelVersion
from recommender.queueing import WARM_UP_JOB_ID
from recommender.redis_connection import redis_guard
from recommender.warming import find_people_of_late, warm_up_answers
from tests.recommender.conftest import Watch


def test_only_people_of_late_are_found_the_latest_first(viewer: User, watch: Watch) -> None:
    now = timezone.now()
    User.objects.create_user("long-gone", last_login=now - timedelta(days=30))
    User.objects.create_user("never")
    last = User.objects.create_user("last", last_login=now + timedelta(seconds=1))
    watch(viewer, 1, 2, 3)
    assert find_people_of_late() == [last, viewer]
    assert find_people_of_late(limit=1) == [last]


def test_use_of_any_of_several_tokens_counts_as_being_here(viewer: User, watch: Watch) -> None:
    watch(viewer, 1, 2, 3)
    Rating.objects.update(updated_at=timezone.now() - timedelta(days=30))
    for number in range(3):
        token, _ = create_api_token(user=viewer, name=f"token{number}")
        ApiToken.objects.filter(pk=token.pk).update(
            last_used_at=timezone.now() - timedelta(days=6 * number)
        )
    assert find_people_of_late() == [viewer]
    ApiToken.objects.update(last_used_at=None)
    assert find_people_of_late() == []


def test_person_of_a_data_set_is_not_warmed(watch: Watch) -> None:
    person = User.objects.create_user("ml-1", dataset="ml", dataset_user_id=1)
    watch(person, 1, 2, 3)
    assert find_people_of_late() == []


def test_first_request_after_warming_is_a_hit_and_noted_as_shown_only_then(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    assert warm_up_answers() == 1
    with redis_guard() as client:
        assert not client.exists("movieshow:feedback:1")
    noted.clear()
    browser = APIClient()
    browser.force_authenticate(viewer)
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get("/api/v1/me/recommendations")
    assert answer.json()["model"]["version"] == active_model.pk
    assert len(queries) == 1


def test_lookups_of_warming_are_not_counted(
    active_model: ModelVersion, viewer: User, watch: Watch, browser: Client
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    asked = {outcome: _count_requests(outcome) for outcome in ("hit", "miss")}
    warm_up_answers()
    version_id, sha256 = active_model.pk, active_model.sha256
    assert read_model_lookups(version_id=version_id, sha256=sha256) == Lookups()
    assert {outcome: _count_requests(outcome) for outcome in asked} == asked
    browser.get("/")
    assert read_model_lookups(version_id=version_id, sha256=sha256) == Lookups(hits=2)


def _count_requests(outcome: str) -> float:
    name = "movieshow_recommendation_cache_requests_total"
    return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0


def test_warming_keeps_to_its_time(active_model: ModelVersion, viewer: User, watch: Watch) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    assert warm_up_answers(max_seconds=-1.0) == 0


@pytest.mark.django_db(transaction=True)
def test_activation_queues_one_warming(active_model: ModelVersion) -> None:
    for _ in range(2):
        activate_model_version(version_id=active_model.pk)
    with redis_guard() as client:
        job = Job.fetch(WARM_UP_JOB_ID, connection=client)
    assert job.func_name == "recommender.jobs.warm_up_job"
