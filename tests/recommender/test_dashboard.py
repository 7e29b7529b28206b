"""The operator's page: what is well, which model answers, how good it is, what waits and fails."""

from datetime import timedelta

import django_rq
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from rq import Queue, SimpleWorker, Worker

from accounts.models import User
from catalog.models import RatingEvent
from catalog.services import set_rating
from recommender.models import Experiment, ModelVersion
from tests.recommender.experiments.factories import make_experiment

INDEX = "/admin/"
MEASURED = {"base": 0.1234, "finetuned": 0.1301, "people": 25, "difference": [0.001, 0.0124]}


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    """A browser of somebody who may do everything."""
    client.force_login(User.objects.create_superuser("operator", password="operator's password"))
    return client


def read(client: Client) -> str:
    page = client.get(INDEX)
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def make_finetuned(base: ModelVersion, *, status: str = "ready", note: str = "") -> ModelVersion:
    number = ModelVersion.objects.count()
    return ModelVersion.objects.create(
        name="tiny",
        kind="finetuned",
        base=base,
        status=status,
        artifact_prefix=f"models/{number}",
        sha256="0" * 64,
        metrics={"ndcg_at_10": MEASURED},
        note=note,
    )


def find_queue(name: str) -> Queue:
    return Queue(name, connection=django_rq.get_connection(name))


def fail_job(queue_name: str) -> None:
    queue = find_queue(queue_name)
    queue.enqueue_call("recommender.jobs.no_such_job")
    SimpleWorker([queue], connection=queue.connection).work(burst=True)


def test_health_is_told_check_by_check(operator: Client, active_model: ModelVersion) -> None:
    storages["artifacts"].delete(f"{active_model.artifact_prefix}/model.onnx")
    page = read(operator)
    assert "cannot be served" in page
    assert page.count("⚠") == 4  # and no worker serves the three queues


def test_site_without_a_model_says_so(operator: Client) -> None:
    assert "none: popularity answers" in read(operator)


def test_version_served_stands_beside_its_predecessor_and_what_the_guardrail_measured(
    operator: Client, active_model: ModelVersion
) -> None:
    now = timezone.now()
    ModelVersion.objects.update(is_active=False, activated_at=now - timedelta(days=2))
    tuned = make_finetuned(active_model)
    ModelVersion.objects.filter(pk=tuned.pk).update(is_active=True, activated_at=now)
    make_finetuned(active_model, status="rejected", note="Rejected: NDCG@10 fell.")
    page = read(operator)
    assert f"tiny #{tuned.pk} · fine-tuned" in page
    assert "NDCG@10 0.1301, its full training 0.1234 (25 people" in page
    assert f"tiny #{active_model.pk} · full training" in page
    assert "Rejected: NDCG@10 fell." in page
    assert reverse("admin:recommender_modelversion_change", args=[tuned.pk]) in page


def test_ratings_that_wait_for_a_finetune_are_counted(
    operator: Client, active_model: ModelVersion, viewer: User, settings: Settings
) -> None:
    settings.FINETUNE_MIN_RATINGS = 3
    set_rating(user=viewer, movie_id=1, stars=4)
    assert "1 of the 3 that make a fine-tune due" in read(operator)
    for movie_id in (2, 3, 4):
        set_rating(user=viewer, movie_id=movie_id, stars=4)
    assert "3 or more: a fine-tune is due" in read(operator)


def test_finetune_is_said_to_be_due_where_the_rating_of_a_member_has_waited(
    operator: Client, active_model: ModelVersion, viewer: User, settings: Settings
) -> None:
    settings.FINETUNE_MIN_RATINGS = 20
    set_rating(user=viewer, movie_id=1, stars=4)
    assert "1 of the 20 that make a fine-tune due" in read(operator)
    RatingEvent.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "1: a fine-tune is due, a member&#x27;s has waited" in read(operator)


def test_running_experiment_is_named_with_its_broken_guardrail(
    operator: Client, active_model: ModelVersion
) -> None:
    make_experiment("a draft")
    experiment = make_experiment("popular first")
    Experiment.objects.filter(pk=experiment.pk).update(
        status="running", started_at=timezone.now(), guardrail_broken_at=timezone.now()
    )
    page = read(operator)
    assert "popular first" in page
    assert "its guardrail broke" in page
    assert "a draft" not in page


def test_queues_tell_what_waits_and_link_to_what_failed(
    operator: Client, active_model: ModelVersion
) -> None:
    find_queue("imports").enqueue_call("catalog.jobs.resume_imports_job")
    fail_job("low")
    page = read(operator)
    assert "1 waiting, 0 running, 0 failed; workers: 0" in page
    assert "0 waiting, 0 running, 1 failed; workers: 0" in page
    failed = reverse("django_rq:failed_jobs", args=[2])
    assert failed in page
    assert "no_such_job" in operator.get(failed).content.decode()


def test_queue_that_somebody_serves_is_as_it_should_be(
    operator: Client, active_model: ModelVersion
) -> None:
    queues = [find_queue(name) for name in ("default", "imports", "low")]
    worker = Worker(queues, connection=queues[0].connection)
    worker.register_birth()  # type: ignore[no-untyped-call]
    try:
        assert "⚠" not in read(operator)
    finally:
        worker.register_death()  # type: ignore[no-untyped-call]


def test_page_is_there_though_redis_is_away(
    operator: Client, active_model: ModelVersion, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"  # nobody listens there
    page = read(operator)
    assert page.count("does not answer") == 2


def test_staff_see_what_they_may(client: Client, active_model: ModelVersion) -> None:
    staff = User.objects.create_user("staff", password="staff's password", is_staff=True)
    client.force_login(staff)
    page = read(client)
    assert "migrations" in page
    assert "waiting" not in page
    assert "served" not in page


def test_more_versions_experiments_and_ratings_take_no_more_queries(
    operator: Client, active_model: ModelVersion, viewer: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(operator)
        return len(queries)

    make_finetuned(active_model)
    count()
    few = count()
    for number in range(1, 8):
        make_finetuned(active_model, status="rejected")
        make_experiment(f"draft {number}")
        set_rating(user=viewer, movie_id=number, stars=4)
    assert count() == few
    assert few <= 16


def test_page_asks_no_other_host_and_holds_no_styles_of_its_own(
    operator: Client, active_model: ModelVersion
) -> None:
    page = read(operator)
    dashboard = page[page.index("How the site is doing") :].partition("</section>")[0]
    assert "style=" not in dashboard
    assert "<script" not in dashboard
    assert "://" not in dashboard
