"""From a rating to a served model: coalesced, guarded, bounded, and never half way."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from rq import SimpleWorker
from rq.job import Job, JobStatus

from accounts.models import User
from catalog.models import Genre, Movie
from catalog.services import bump_catalogue_version
from recommender import finetuning, jobs, model_versions, queueing
from recommender.artifacts import fetch_artifact
from recommender.guardrail import Comparison, compare_models
from recommender.ml.inference import read_movie_ids
from recommender.models import ModelVersion
from tests.recommender.asking import get_recommendations
from tests.recommender.finetuning_steps import active_version, rate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    settings.FINETUNE_MIN_INTERVAL_SECONDS = 0
    settings.FINETUNE_MAX_SECONDS = 5


def work_off() -> None:
    queue = django_rq.get_queue(queueing.FINETUNE_QUEUE)
    SimpleWorker([queue], connection=queue.connection).work(burst=True)


def test_rating_leads_to_a_new_version_that_is_served_without_a_restart(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23, 26, 29, 32, 35)
    assert get_recommendations(user=viewer).model_version == active_model.pk
    work_off()
    tuned = active_version()
    assert (tuned.kind, tuned.base_id) == ("finetuned", active_model.pk)
    assert tuned.metrics["training"]["steps"] > 0
    assert "25 people" in tuned.note
    assert get_recommendations(user=viewer).model_version == tuned.pk


def test_nothing_is_due_after_a_finetuning_until_somebody_rates(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    assert finetuning.run_finetuning().status == "published"
    assert finetuning.run_finetuning().status == "not_due"
    rate(viewer, 26)
    second = finetuning.run_finetuning()
    assert second.status == "published"
    assert active_version().pk == second.version_id
    assert active_version().base_id == active_model.pk


def test_finetuning_is_not_more_frequent_than_its_interval(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    assert finetuning.run_finetuning(min_interval_seconds=300).status == "published"
    rate(viewer, 26)
    assert finetuning.run_finetuning(min_interval_seconds=300).status == "too_soon"
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ModelVersion.objects.filter(kind="finetuned").update(created_at=an_hour_ago)
    assert finetuning.run_finetuning(min_interval_seconds=300).status == "published"


def test_clock_that_goes_back_holds_finetuning_off_no_longer_than_its_interval(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    assert finetuning.run_finetuning().status == "published"
    before_the_clock_went_back = timezone.now() + timedelta(hours=3)
    ModelVersion.objects.filter(kind="finetuned").update(created_at=before_the_clock_went_back)
    rate(viewer, 26)
    assert finetuning.run_finetuning(min_interval_seconds=300).status == "published"
    rate(viewer, 29)
    assert finetuning.run_finetuning(min_interval_seconds=300).status == "too_soon"


def test_version_activated_meanwhile_is_not_displaced(
    active_model: ModelVersion,
    viewer: User,
    audience: None,
    model_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rate(viewer, 20, 23)

    def activate_another_and_compare(*args: Any) -> Comparison:
        model_versions.install_model(directory=model_directory, name="operator's", activate=True)
        return compare_models(*args)

    monkeypatch.setattr(finetuning, "compare_models", activate_another_and_compare)
    assert finetuning.run_finetuning().status == "superseded"
    assert active_version().name == "operator's"


def test_no_active_model_and_nothing_rated_train_nothing(
    catalogue: list[Movie], viewer: User
) -> None:
    assert finetuning.run_finetuning().status == "no_model"
    rate(viewer, 20)
    assert jobs.finetune_if_due() == "no_model"


def test_second_worker_leaves_the_first_alone(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    rate(viewer, 20, 23)
    statuses: list[str] = []

    def work() -> None:
        try:
            statuses.append(finetuning.run_finetuning().status)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count("published") == 1
    assert set(statuses) <= {"published", "busy", "not_due"}


def test_many_concurrent_ratings_make_one_job_and_at_most_two_finetunings(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    def rate_one(movie_id: int) -> None:
        try:
            rate(viewer, movie_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=rate_one, args=(number,)) for number in range(1, 31)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert viewer.ratings.count() == 30
    assert django_rq.get_queue(queueing.FINETUNE_QUEUE).count == 1
    work_off()
    assert 1 <= ModelVersion.objects.filter(kind="finetuned").count() <= 2


def test_rating_while_redis_is_away_is_found_by_the_schedule(
    active_model: ModelVersion, viewer: User, audience: None, settings: Settings
) -> None:
    redis_url = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    rate(viewer, 20, 23)
    settings.REDIS_URL = redis_url
    assert django_rq.get_queue(queueing.FINETUNE_QUEUE).count == 0
    assert jobs.finetune_if_due() == "published"


def test_person_who_refuses_training_queues_nothing(
    active_model: ModelVersion, viewer: User
) -> None:
    viewer.allows_training = False
    viewer.save()
    rate(viewer, 20, 23)
    assert django_rq.get_queue(queueing.FINETUNE_QUEUE).count == 0
    assert finetuning.run_finetuning().status == "not_due"


def test_failed_job_does_not_hold_the_queue(active_model: ModelVersion, viewer: User) -> None:
    assert queueing.queue_finetuning()
    assert not queueing.queue_finetuning()
    queue = django_rq.get_queue(queueing.FINETUNE_QUEUE)
    job = Job.fetch(queueing.FINETUNE_JOB_ID, connection=queue.connection)
    queue.empty()  # type: ignore[no-untyped-call]
    job.set_status(JobStatus.FAILED)
    job.save()
    assert queueing.queue_finetuning()


def make_new_film(pk: int = 1_000_000, **facts: object) -> Movie:
    movie: Movie = Movie.objects.create(pk=pk, title="New", search_title="new", **facts)
    return movie


def known_to(version: ModelVersion) -> list[int]:
    folder = fetch_artifact(prefix=version.artifact_prefix, sha256=version.sha256)
    ids: list[int] = read_movie_ids(folder).tolist()
    return ids


def test_film_rated_since_the_full_training_gets_a_row_and_is_recommended(
    active_model: ModelVersion, viewer: User, audience: None
) -> None:
    movie = make_new_film()
    blank = make_new_film(1_000_001)
    friends = [User.objects.create(username=f"friend-{number}") for number in range(8)]
    for friend in friends:
        rate(friend, 20, 23, movie.pk, 26)
    rate(viewer, 20, 23)
    outcome = finetuning.run_finetuning()
    assert outcome.status == "published"
    assert "Rows for 1 new films" in outcome.note
    tuned = active_version()
    assert movie.pk in known_to(tuned)
    assert blank.pk not in known_to(tuned)
    assert tuned.metrics["training"]["new_films"] == 1
    bump_catalogue_version()
    answer = get_recommendations(user=viewer, limit=60)
    assert movie.pk in [item.movie_id for item in answer.items]


def test_new_films_of_the_catalogue_get_rows_by_the_nightly_job_alone(
    active_model: ModelVersion, audience: None
) -> None:
    movie = make_new_film(year=1999)
    movie.genres.set(Genre.objects.filter(name="Drama"))
    make_new_film(1_000_001)
    assert jobs.finetune_if_due() == "not_due"
    assert jobs.add_new_films() == "published"
    assert movie.pk in known_to(active_version())
    assert active_version().metrics["training"]["steps"] == 0
    assert jobs.add_new_films() == "not_due"
