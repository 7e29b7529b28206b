"""Puts the fetching of facts before a worker; names the job and runs none."""

import django_rq
import structlog
from redis import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

logger = structlog.get_logger(__name__)

QUEUE = "low"
JOB_ID = "catalog-fetch-facts"
FUNCTION = "catalog.jobs.fetch_facts_job"
TIMEOUT_SECONDS = 300


def queue_fetching() -> bool:
    """Have a worker fetch what is wanted; True where a job was put on the queue.

    One such job waits or runs at most. Redis being away is no error, for the schedule looks twice a
    minute as well.
    """
    try:
        Queue(QUEUE, connection=django_rq.get_connection(QUEUE)).enqueue_call(
            FUNCTION,
            job_id=JOB_ID,
            unique=True,
            timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=60,
        )
    except DuplicateJobError:
        return False
    except (RedisError, OSError) as error:
        logger.warning("facts_not_queued", error=str(error))
        return False
    return True
