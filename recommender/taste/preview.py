"""What somebody would be shown were their dials turned otherwise; nothing is kept of it."""

from collections.abc import Collection
from dataclasses import replace

from accounts.models import User
from recommender.answers import Filters, Taste
from recommender.dials import Dials
from recommender.recommending import make_ranking
from recommender.serving import model_server, read_state
from recommender.taste.reading import read_taste

PREVIEWED = 6


def preview_picks(
    *, user: User | None, dials: Dials, excluded_genre_ids: Collection[int]
) -> list[int]:
    """Return the ids of the first picks under other dials and excluded genres."""
    user_id = user.pk if user is not None else None
    snapshot = model_server.get_snapshot(read_state(user_id=user_id))
    taste = read_taste(user_id=user_id) if user_id is not None else Taste()
    wished = replace(taste, dials=dials, excluded_genre_ids=tuple(sorted(excluded_genre_ids)))
    ids: list[int] = make_ranking(snapshot, taste=wished, filters=Filters()).movie_ids.tolist()
    return ids[:PREVIEWED]
