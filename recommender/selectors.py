"""What pages and the API ask of the recommender."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from recommender import cache, payloads
from recommender.answering import (
    MAX_LIMIT,
    answer_history,
    answer_person,
    describe_page,
    is_of_state,
    make_page_request,
)
from recommender.answers import (
    NO_FILTERS,
    Filters,
    HistoryItem,
    Recommendation,
    RecommendationList,
    Taste,
)
from recommender.catalogue_arrays import CatalogueArrays
from recommender.cursors import InvalidCursorError
from recommender.dials import NO_DIALS, DialOptions
from recommender.models import ModelVersion
from recommender.outbox import Outbox
from recommender.predicting import PredictedStars, predict_stars
from recommender.recommending import arrange_history
from recommender.serving import model_server, read_state
from recommender.similar import rank_similar_films
from recommender.taste.reading import read_taste

__all__ = [
    "MAX_LIMIT",
    "InvalidCursorError",
    "get_active_model",
    "get_catalogue",
    "get_predicted_rating",
    "get_recommendations",
    "get_similar_movies",
]


def get_recommendations(
    *,
    user: User | AnonymousUser | None,
    history: Sequence[HistoryItem] | None = None,
    limit: int = 10,
    include_reasons: bool = False,
    filters: Filters = NO_FILTERS,
    cursor: str | None = None,
    dials: DialOptions = NO_DIALS,
) -> RecommendationList:
    """Return `limit` (1 to 100) films for a person, or for a `history` that belongs to nobody.

    With a `history` nothing is read of `user`, and nothing is stored. Answers for people are cached
    until their taste, the model or the catalogue changes.

    Raises:
        InvalidCursorError: `cursor` is not one that an answer carried.
    """
    page = make_page_request(
        filters, limit=limit, cursor=cursor, with_reasons=include_reasons, dials=dials
    )
    if history is not None:
        taste = Taste(history=arrange_history(history))
        return answer_history(taste, page)
    user_id = user.pk if user is not None else None
    state = read_state(user_id=user_id)
    key = cache.make_key("list", state=state, user_id=user_id, options=describe_page(page))

    def compute() -> tuple[bytes, bool]:
        snapshot = model_server.get_snapshot(state)
        answer = answer_person(snapshot, user_id, page, outbox=outbox)
        return payloads.dump_list(answer), is_of_state(snapshot, state)

    outbox = Outbox()
    return payloads.load_list(cache.get_or_compute(key, compute, outbox=outbox))


def get_predicted_rating(
    *, user: User | AnonymousUser | None, movie_id: int
) -> PredictedStars | None:
    """Return the stars this person would give, with their range; None for a film nobody knows.

    Their own rating of that very film, if there is one, is left out of what is looked at.
    """
    user_id = user.pk if user is not None else None
    snapshot = model_server.get_snapshot(read_state(user_id=user_id))
    positions = snapshot.catalogue.positions_of([movie_id])
    if positions[0] < 0:
        return None
    taste = read_taste(user_id=user_id) if user_id is not None else Taste()
    others = [item for item in taste.history if item.movie_id != movie_id]
    return predict_stars(snapshot, history=others, positions=positions)[0]


def get_similar_movies(*, movie_id: int, limit: int = 10) -> list[Recommendation]:
    """Return the films most like this one, best first; empty for a film nobody knows.

    `score` is the cosine of the item vectors, or the share of genres where the model has none.
    """
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    return rank_similar_films(snapshot, movie_id=movie_id, limit=limit)


def get_catalogue() -> CatalogueArrays:
    """Return the catalogue that answers are computed from; one query, for its version."""
    return model_server.get_snapshot(read_state(user_id=None)).catalogue


def get_active_model() -> dict[str, Any] | None:
    """Return the active model's name, version, kind, activation and card; None where none is."""
    version = ModelVersion.objects.filter(is_active=True).first()
    if version is None:
        return None
    return {
        "name": version.name,
        "version": version.pk,
        "kind": version.kind,
        "activated_at": version.activated_at,
        "card": version.metrics.get("card", {}),
    }
