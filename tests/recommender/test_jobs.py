"""The schedule names jobs that exist, on queues that a worker reads."""

from django.conf import settings
from django_rq.cron import DjangoCronScheduler

from catalog.models import CatalogueState, Movie, Rating
from recommender import jobs
from recommender.models import ModelVersion
from tests.recommender.conftest import Watch


def test_schedule_loads_with_every_job() -> None:
    scheduler = DjangoCronScheduler()
    scheduler.load_config_from_file("recommender.cron")
    named = {job.func_name: job for job in scheduler.get_jobs()}
    assert set(named) == {
        "accounts.jobs.delete_expired_guests_job",
        "accounts.jobs.delete_expired_sessions_job",
        "catalog.jobs.fetch_facts_job",
        "catalog.jobs.forget_old_imports_job",
        "catalog.jobs.request_due_facts_job",
        "catalog.jobs.resume_imports_job",
        "recommender.jobs.add_new_films",
        "recommender.jobs.analyse_experiments_job",
        "recommender.jobs.check_active_model",
        "recommender.jobs.delete_feedback_job",
        "recommender.jobs.finetune_if_due",
        "recommender.jobs.learn_rows_job",
        "recommender.jobs.write_feedback_job",
        "recommender.jobs.refresh_statistics",
        "recommender.jobs.retire_models",
        "recommender.night.jobs.finish_nights_job",
        "recommender.night.jobs.forget_nights_job",
    }
    assert named["recommender.jobs.finetune_if_due"].interval == 60
    assert all(job.queue_name in settings.RQ_QUEUES for job in named.values())


def test_statistics_are_refreshed_and_web_processes_told(
    active_model: ModelVersion, viewer: object, watch: Watch, catalogue: list[Movie]
) -> None:
    watch(viewer, 20, stars=2.0)
    before = CatalogueState.objects.get().version
    assert jobs.refresh_statistics() > 0
    movie = Movie.objects.get(pk=20)
    assert (movie.rating_count, movie.rating_mean) == (1, 2.0)
    assert CatalogueState.objects.get().version == before + 1
    assert jobs.refresh_statistics() == 0
    assert CatalogueState.objects.get().version == before + 1
    assert Rating.objects.count() == 1


def test_retiring_with_nothing_old_does_nothing(active_model: ModelVersion) -> None:
    assert jobs.retire_models() == 0
