"""Puts the recommender's jobs on RQ; imported by web processes, so it names jobs and runs none."""

import structlog
from redis import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus

from recommender.redis_connection import RedisUnavailableError, redis_guard

logger = structlog.get_logger(__name__)

FINETUNE_JOB_ID = "recommender-finetune"
FINETUNE_FUNCTION = "recommender.jobs.finetune_if_due"
FINETUNE_QUEUE = "low"
WARM_UP_JOB_ID = "recommender-warm-up"
WARM_UP_FUNCTION = "recommender.jobs.warm_up_job"
FINETUNE_TIMEOUT_SECONDS = 900
_WAITING = frozenset({JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED, JobStatus.DEFERRED})


def queue_finetuning() -> bool:
    """Have a worker look whether fine-tuning is due; True where a job was put on the queue.

    One job at most waits or runs, by its fixed id: what happens meanwhile it finds in Postgres when
    it ends. Redis being away is no error, for the schedule looks every minute as well.
    """
    try:
        with redis_guard() as client:
            queue = Queue(FINETUNE_QUEUE, connection=client)
            for _ in range(2):
                try:
                    queue.enqueue_call(
                        FINETUNE_FUNCTION,
                        job_id=FINETUNE_JOB_ID,
                        unique=True,
                        timeout=FINETUNE_TIMEOUT_SECONDS,
                        result_ttl=0,
                        failure_ttl=FINETUNE_TIMEOUT_SECONDS,
                    )
                except DuplicateJobError:
                    if not _remove_dead_job(queue):
                        return False
                else:
                    return True
    except (RedisUnavailableError, RedisError, OSError) as error:
        logger.warning("finetuning_not_queued", error=str(error))
    return False


def queue_warm_up() -> None:
    """Have a worker compute answers of a new model for people who were here lately."""
    try:
        with redis_guard() as client:
            Queue("default", connection=client).enqueue_call(
                WARM_UP_FUNCTION, job_id=WARM_UP_JOB_ID, unique=True, result_ttl=0, ttl=600
            )
    except DuplicateJobError:
        return  # one waits already, and looks at what is active when it runs
    except (RedisUnavailableError, RedisError, OSError) as error:
        logger.warning("warm_up_not_queued", error=str(error))


def _remove_dead_job(queue: Queue) -> bool:
    """Delete a failed or finished job that still holds the id; False where it waits or runs."""
    try:
        job = Job.fetch(FINETUNE_JOB_ID, connection=queue.connection)
    except NoSuchJobError:
        return True
    if job.get_status(refresh=True) in _WAITING:
        return False
    job.delete()
    return True


def queue_analysis(*, experiment_id: int) -> bool:
    """Have a worker analyse an experiment now; False where Redis is away."""
    try:
        with redis_guard() as client:
            Queue("default", connection=client).enqueue_call(
                "recommender.jobs.analyse_experiment_job", args=(experiment_id,), result_ttl=0
            )
    except (RedisUnavailableError, RedisError, OSError) as error:
        logger.warning("analysis_not_queued", error=str(error))
        return False
    return True
