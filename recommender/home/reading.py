"""What the rows of the home page need of the database beside taste and catalogue arrays.

Read only where a page is not in the cache. Both queries are bounded, however long a history is and
however large the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from catalog.diary_models import DiaryEntry
from catalog.fact_models import Credit
from catalog.models import Rating
from recommender.models import HiddenMovie

# A film seen so long ago may be seen again.
LONG_AGO = timedelta(days=365)
REWATCH_POOL = 60
# The films liked last that are looked at for the people in them.
LIKED_LATELY = 80
# Who is named fifth or later in a cast is not why somebody watched it.
LEADING_ROLES = 4
MIN_LIKED_FILMS = 2
MAX_PEOPLE = 40
MAX_CREDITS = 800

_CREDITS = """
WITH known AS (
    SELECT person_id, job, count(*) AS liked FROM catalog_credit
    WHERE movie_id = ANY(%s) AND (job = 'director' OR "order" < %s)
    GROUP BY person_id, job HAVING count(*) >= %s
    ORDER BY liked DESC, person_id LIMIT %s
)
SELECT credit.movie_id, person.name, credit.job, known.liked
FROM known
JOIN catalog_credit AS credit ON credit.person_id = known.person_id AND credit.job = known.job
JOIN catalog_person AS person ON person.id = known.person_id
WHERE (credit.job = 'director' OR credit."order" < %s) AND credit.movie_id <> ALL(%s)
ORDER BY known.liked DESC, known.person_id, credit.movie_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class LikedCredit:
    """A film by or with somebody of whom `num_liked` films were rated well."""

    movie_id: int
    person: str
    is_director: bool
    num_liked: int


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """`credits`, those of the best known people first; `rewatchable` (movie id, stars given)."""

    credits: tuple[LikedCredit, ...] = ()
    rewatchable: tuple[tuple[int, float], ...] = ()


NO_FACTS = HomeFacts()


def read_home_facts(
    *, user_id: int, liked_ids: Sequence[int], seen_ids: Sequence[int], min_stars: float
) -> HomeFacts:
    """Read films of people somebody likes and films to see again; two queries, none for nobody.

    `liked_ids` oldest first; `min_stars` is what a film to see again was given at least.
    """
    if not liked_ids:
        return NO_FACTS
    return HomeFacts(
        credits=_read_credits(list(liked_ids[-LIKED_LATELY:]), list(seen_ids)),
        rewatchable=_read_rewatchable(user_id, min_stars),
    )


def _read_credits(liked_ids: list[int], seen_ids: list[int]) -> tuple[LikedCredit, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CREDITS,
            [
                liked_ids,
                LEADING_ROLES,
                MIN_LIKED_FILMS,
                MAX_PEOPLE,
                LEADING_ROLES,
                seen_ids,
                MAX_CREDITS,
            ],
        )
        return tuple(
            LikedCredit(movie_id, name, job == Credit.Job.DIRECTOR, liked)
            for movie_id, name, job, liked in cursor.fetchall()
        )


def _read_rewatchable(user_id: int, min_stars: float) -> tuple[tuple[int, float], ...]:
    """Return films rated so well and long ago, neither hidden nor in the diary since."""
    hidden = HiddenMovie.objects.filter(user_id=user_id)
    lately = DiaryEntry.objects.filter(
        user_id=user_id, watched_on__gte=timezone.localdate() - LONG_AGO
    )
    rated = Rating.objects.filter(
        user_id=user_id, stars__gte=min_stars, watched_at__lt=timezone.now() - LONG_AGO
    ).exclude(movie_id__in=hidden.values("movie_id"))
    rated = rated.exclude(movie_id__in=lately.values("movie_id"))
    best = rated.order_by("-stars", "watched_at", "id").values_list("movie_id", "stars")
    return tuple((movie_id, float(stars)) for movie_id, stars in best[:REWATCH_POOL])
