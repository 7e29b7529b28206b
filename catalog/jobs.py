"""What RQ runs for the catalogue; one domain call each."""

from catalog.importing.keeping import forget_old_imports
from catalog.importing.queueing import queue_pending_imports
from catalog.importing.working import work_imports
from catalog.tmdb.fetching import fetch_wanted
from catalog.tmdb.requesting import forget_old_facts, is_tmdb_on, request_due_films

# A worker has other things to do: it fetches for a while, twice a minute.
FETCH_SECONDS = 25


def work_imports_job(user_id: int) -> int:
    """See to a person's imports; return how many steps were taken."""
    return work_imports(user_id=user_id)


def resume_imports_job() -> int:
    """Queue what a dead worker or an absent Redis left lying; return how many people's."""
    return queue_pending_imports()


def forget_old_imports_job() -> int:
    """Forget the films of imports that can be undone no more; return how many imports."""
    return forget_old_imports()


def fetch_facts_job() -> int:
    """Fetch facts of films that are wanted; return how many are left for the next time."""
    return fetch_wanted(max_seconds=FETCH_SECONDS).left


def request_due_facts_job() -> int:
    """Forget what TMDB said too long ago, and want what is due; return how many films that is."""
    forget_old_facts()
    return request_due_films() if is_tmdb_on() else 0
