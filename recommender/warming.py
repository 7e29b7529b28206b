"""After a new model is served: answers for people who were here lately, before they ask.

One person after the other: a batch of eight was measured to encode and score in four fifths of the
time a person, which saves a third of a millisecond in each of two answers that take 35 together,
and larger ones save less (docs/results/bench.md). Nobody waits for it, and what it does not reach
is computed when asked for, as ever.
"""

import time
from datetime import timedelta

import structlog
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import ApiToken, User
from catalog.models import Rating
from recommender.answer_bytes import get_recommendations_json, read_page_request
from recommender.home.selectors import warm_up_home

logger = structlog.get_logger(__name__)

LATELY = timedelta(days=7)
MAX_PEOPLE = 500
MAX_SECONDS = 120.0


def find_people_of_late(*, limit: int = MAX_PEOPLE) -> list[User]:
    """Return who logged in, rated or used the API within a week, the latest first; one query."""
    theirs = OuterRef("pk")
    rated = Rating.objects.filter(user=theirs).order_by("-updated_at").values("updated_at")[:1]
    called = (
        ApiToken.objects.filter(user=theirs, last_used_at__isnull=False)
        .order_by("-last_used_at")
        .values("last_used_at")[:1]
    )
    people = User.objects.filter(is_active=True, dataset="").annotate(
        # Postgres leaves out those that are null.
        seen_at=Greatest("last_login", Subquery(rated), Subquery(called))
    )
    return list(people.filter(seen_at__gte=timezone.now() - LATELY).order_by("-seen_at")[:limit])


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
