"""After a new model is served: answers for people who were here lately, before they ask.

One person after the other, for a batch was measured to encode no faster on one thread. Nobody waits
for it, and what it does not reach is computed when asked for, as ever.
"""

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from recommender.answer_bytes import get_recommendations_json, read_page_request
from recommender.home.selectors import warm_up_home

logger = structlog.get_logger(__name__)

LATELY = timedelta(days=7)
MAX_PEOPLE = 500
MAX_SECONDS = 120.0


def find_people_of_late(*, limit: int = MAX_PEOPLE) -> list[User]:
    """Return who logged in, rated or used the API within a week, the latest first; one query."""
    since = timezone.now() - LATELY
    people = User.objects.filter(is_active=True, dataset="").annotate(
        rated_at=Max("ratings__updated_at"), called_at=Max("api_tokens__last_used_at")
    )
    here = Q(last_login__gte=since) | Q(rated_at__gte=since) | Q(called_at__gte=since)
    found = list[User](people.filter(here))
    found.sort(key=_last_seen, reverse=True)
    return found[:limit]


def _last_seen(person: Any) -> datetime:
    times = (person.last_login, person.rated_at, person.called_at)
    latest: datetime = max(at for at in times if at is not None)
    return latest


def warm_up_answers(*, max_seconds: float = MAX_SECONDS) -> int:
    """Compute and keep the first page of the API and the home page of each; return how many."""
    deadline = time.monotonic() + max_seconds
    page = read_page_request("")
    warmed = 0
    for person in find_people_of_late():
        if time.monotonic() > deadline:
            break
        get_recommendations_json(user_id=person.pk, page=page, is_shown=False)
        warm_up_home(user=person)
        warmed += 1
    logger.info("answers_warmed_up", people=warmed)
    return warmed
