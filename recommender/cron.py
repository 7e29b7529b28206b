"""The schedule: `manage.py rqcron recommender.cron` queues these jobs; times are the server's."""

from rq.cron import register

from accounts.jobs import delete_expired_guests_job, delete_expired_sessions_job
from catalog.jobs import (
    fetch_facts_job,
    forget_old_imports_job,
    request_due_facts_job,
    resume_imports_job,
)
from recommender import jobs
from recommender.night.jobs import finish_nights_job, forget_nights_job
from recommender.queueing import FINETUNE_QUEUE, FINETUNE_TIMEOUT_SECONDS

MINUTE = 60
HOUR = 60 * MINUTE

# Not under the queued job's fixed id: this also runs where a dead job still holds that one. It is
# short where nothing is due, and a lock lets only one train.
register(
    jobs.finetune_if_due,
    queue_name=FINETUNE_QUEUE,
    interval=MINUTE,
    job_timeout=FINETUNE_TIMEOUT_SECONDS,
    result_ttl=MINUTE,
    ttl=MINUTE,
)
register(delete_expired_guests_job, queue_name="low", interval=HOUR, job_timeout=10 * MINUTE)
register(delete_expired_sessions_job, queue_name="low", cron="45 2 * * *", job_timeout=10 * MINUTE)
register(jobs.refresh_statistics, queue_name="low", cron="15 3 * * *", job_timeout=10 * MINUTE)
register(
    jobs.add_new_films,
    queue_name=FINETUNE_QUEUE,
    cron="30 3 * * *",
    job_timeout=FINETUNE_TIMEOUT_SECONDS,
)
register(
    jobs.check_active_model,
    queue_name=FINETUNE_QUEUE,
    cron="0 3 * * *",
    job_timeout=FINETUNE_TIMEOUT_SECONDS,
)
register(jobs.retire_models, queue_name="low", cron="45 3 * * *", job_timeout=10 * MINUTE)
register(
    jobs.write_feedback_job,
    queue_name="default",
    interval=15,
    job_timeout=10 * MINUTE,
    result_ttl=MINUTE,
    ttl=MINUTE,
)
register(jobs.learn_rows_job, queue_name="low", interval=5 * MINUTE, job_timeout=10 * MINUTE)
register(jobs.delete_feedback_job, queue_name="low", cron="15 4 * * *", job_timeout=HOUR)
register(
    jobs.analyse_experiments_job, queue_name="low", interval=10 * MINUTE, job_timeout=10 * MINUTE
)
register(
    resume_imports_job,
    queue_name="default",
    interval=MINUTE,
    job_timeout=MINUTE,
    result_ttl=MINUTE,
    ttl=MINUTE,
)
register(forget_old_imports_job, queue_name="low", cron="15 5 * * *", job_timeout=10 * MINUTE)
register(
    finish_nights_job,
    queue_name="default",
    interval=MINUTE,
    job_timeout=MINUTE,
    result_ttl=MINUTE,
    ttl=MINUTE,
)
register(forget_nights_job, queue_name="low", cron="30 5 * * *", job_timeout=10 * MINUTE)
register(request_due_facts_job, queue_name="low", cron="15 1 * * *", job_timeout=10 * MINUTE)
# What is wanted stands in Postgres: a turn of this is short, and nothing where nothing is wanted.
register(
    fetch_facts_job,
    queue_name="low",
    interval=MINUTE // 2,
    job_timeout=5 * MINUTE,
    result_ttl=MINUTE,
    ttl=MINUTE // 2,
)
