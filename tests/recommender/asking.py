"""Asking for recommendations as the API does, cache and all."""

import json
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from recommender.answer_bytes import get_recommendations_json
from recommender.answering import answer_history, make_page_request
from recommender.answers import (
    NO_FILTERS,
    Filters,
    HistoryItem,
    Reason,
    Recommendation,
    RecommendationList,
)
from recommender.dials import NO_DIALS, DialOptions


def get_recommendations(
    *,
    user: User | None = None,
    history: Sequence[HistoryItem] | None = None,
    limit: int = 10,
    include_reasons: bool = False,
    filters: Filters = NO_FILTERS,
    cursor: str | None = None,
    dials: DialOptions = NO_DIALS,
) -> RecommendationList:
    """Return what a person is answered, or nobody, after a history or none."""
    page = make_page_request(
        filters, limit=limit, cursor=cursor, with_reasons=include_reasons, dials=dials
    )
    if user is None or history is not None:
        return answer_history(history or (), page)
    return read_answer(get_recommendations_json(user_id=user.pk, page=page))


def read_answer(raw: bytes) -> RecommendationList:
    """Return the answer that a body of the API tells of."""
    body = json.loads(raw)
    return RecommendationList(
        recommendation_id=body["recommendation_id"],
        model_name=body["model"]["name"],
        model_version=body["model"]["version"],
        fallback_reason=body["fallback_reason"],
        next_cursor=body["next_cursor"],
        items=tuple(map(_read_item, body["results"])),
    )


def _read_item(item: dict[str, Any]) -> Recommendation:
    ends = item["predicted_range"]
    return Recommendation(
        rank=item["rank"],
        movie_id=item["movie"]["id"],
        score=item["score"],
        predicted_rating=item["predicted_rating"],
        reasons=tuple(Reason(**reason) for reason in item["reasons"]),
        predicted_range=(ends[0], ends[1]) if ends else None,
    )
