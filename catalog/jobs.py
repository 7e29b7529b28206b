"""What RQ runs for the catalogue; one domain call each."""

from catalog.importing.keeping import forget_old_imports
from catalog.importing.queueing import queue_pending_imports
from catalog.importing.working import work_imports


def work_imports_job(user_id: int) -> int:
    """See to a person's imports; return how many steps were taken."""
    return work_imports(user_id=user_id)


def resume_imports_job() -> int:
    """Queue what a dead worker or an absent Redis left lying; return how many people's."""
    return queue_pending_imports()


def forget_old_imports_job() -> int:
    """Forget the films of imports that can be undone no more; return how many imports."""
    return forget_old_imports()
