"""Puts a person's imports before a worker; names the job and runs none."""

import django_rq
import structlog
from redis import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

from catalog.import_models import HistoryImport

logger = structlog.get_logger(__name__)

QUEUE = "imports"
FUNCTION = "catalog.jobs.work_imports_job"
TIMEOUT_SECONDS = 3600
FAILURE_SECONDS = 60
MAX_RESUMED = 500


def queue_imports(*, user_id: int) -> bool:
    """Have a worker see to this person's imports; True where a job was put on the queue.

    One job a person waits or runs at most. It looks again before it ends, and the schedule looks
    every minute, so nothing is lost when Redis is away or a worker dies.
    """
    try:
        Queue(QUEUE, connection=django_rq.get_connection(QUEUE)).enqueue_call(
            FUNCTION,
            args=(user_id,),
            job_id=f"catalog-imports-{user_id}",
            unique=True,
            timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILURE_SECONDS,
        )
    except DuplicateJobError:
        return False
    except (RedisError, OSError) as error:
        logger.warning("imports_not_queued", error=str(error))
        return False
    return True


def queue_pending_imports() -> int:
    """Queue a job for everybody whose imports wait for a worker; return how many were queued."""
    pending = HistoryImport.objects.filter(status__in=HistoryImport.PENDING)
    people = pending.order_by("user_id").values_list("user_id", flat=True).distinct()
    return sum(queue_imports(user_id=user_id) for user_id in people[:MAX_RESUMED])
