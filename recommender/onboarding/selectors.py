"""What the second step of the welcome shows: the posters of a page, and what is seen of them."""

from collections.abc import Collection, Sequence

from accounts.models import User
from catalog.models import SeenMovie
from recommender.answers import Taste
from recommender.onboarding.picking import Answers, pick_films
from recommender.serving import model_server, read_state
from recommender.taste.reading import read_taste


def find_seen(*, user: User | None, movie_ids: Collection[int]) -> frozenset[int]:
    """Return which of these films somebody has seen and given no stars; one query."""
    if user is None or not movie_ids:
        return frozenset()
    rows = SeenMovie.objects.filter(user=user, movie_id__in=movie_ids)
    return frozenset(rows.values_list("movie_id", flat=True))


def get_onboarding_movies(
    *,
    user: User | None,
    passed: Sequence[int] = (),
    showing: Sequence[int] = (),
    seen: frozenset[int] = frozenset(),
    limit: int = 18,
) -> list[int]:
    """Return ids of up to `limit` films whose answers are expected to tell most of a taste.

    Of the genres chosen, and after what was rated, `seen` without stars and `passed` over so far;
    none of those `showing` on the page.
    """
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    taste = read_taste(user_id=user.pk) if user is not None else Taste()
    answers = Answers(taste, seen=seen, passed=tuple(passed), showing=tuple(showing))
    return pick_films(snapshot, answers, limit=limit)
