"""What pages and the API ask of the recommender."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from recommender import cache, payloads
from recommender.answers import (
    Filters,
    HistoryItem,
    HomeRow,
    Recommendation,
    RecommendationList,
    Taste,
)
from recommender.cursors import Cursor, InvalidCursorError, decode_cursor, encode_cursor
from recommender.home import compute_home_rows
from recommender.recommending import (
    Ranking,
    arrange_history,
    make_ranking,
    present_films,
    read_taste,
)
from recommender.serving import ServingState, Snapshot, model_server, read_state
from recommender.similar import pick_onboarding_films, rank_similar_films

__all__ = [
    "InvalidCursorError",
    "get_home_rows",
    "get_onboarding_movies",
    "get_recommendations",
    "get_similar_movies",
]

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which films, and whether with reasons; its repr is part of the cache key."""

    filters: Filters
    place: Cursor
    limit: int
    with_reasons: bool


def get_recommendations(
    *,
    user: User | AnonymousUser | None,
    history: Sequence[HistoryItem] | None = None,
    limit: int = 10,
    include_reasons: bool = False,
    genre_ids: Sequence[int] = (),
    excluded_genre_ids: Sequence[int] = (),
    min_year: int | None = None,
    max_year: int | None = None,
    cursor: str | None = None,
) -> RecommendationList:
    """Return `limit` (1 to 100) films for a person, or for a `history` that belongs to nobody.

    `genre_ids` keeps films of any of these genres. With a `history` nothing is read of `user`, and
    nothing is stored. Answers for people are cached until their taste, the model or the catalogue
    changes.

    Raises:
        InvalidCursorError: `cursor` is not one that an answer carried.
    """
    filters = Filters(
        tuple(sorted(set(genre_ids))), tuple(sorted(set(excluded_genre_ids))), min_year, max_year
    )
    place = decode_cursor(cursor) if cursor else Cursor(None, 0)
    page = PageRequest(filters, place, max(1, min(limit, MAX_LIMIT)), include_reasons)
    if history is not None:
        taste = Taste(history=arrange_history(history))
        return _answer_history(taste, page)
    user_id = user.pk if user is not None else None
    state = read_state(user_id=user_id)
    key = cache.make_key("list", state=state, user_id=user_id, options=repr(page))

    def compute() -> tuple[bytes, bool]:
        snapshot = model_server.get_snapshot(state)
        answer = _answer_person(snapshot, user_id, page)
        return payloads.dump_list(answer), is_of_state(snapshot, state)

    return payloads.load_list(cache.get_or_compute(key, compute))


def is_of_state(snapshot: Snapshot, state: ServingState) -> bool:
    """Whether an answer from this snapshot may be kept under the state's key."""
    return (
        snapshot.model_version == state.model_id
        and snapshot.catalogue.version == state.catalogue_version
    )


def _answer_history(taste: Taste, page: PageRequest) -> RecommendationList:
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    whole = make_ranking(snapshot, taste=taste, filters=page.filters)
    return _cut_page(snapshot, taste, whole, page, recommendation_id=None)


def _answer_person(
    snapshot: Snapshot, user_id: int | None, page: PageRequest
) -> RecommendationList:
    taste = read_taste(user_id=user_id) if user_id is not None else Taste()
    recommendation_id, whole = page.place.recommendation_id, None
    if recommendation_id is not None:
        whole = payloads.fetch_ranking(user_id=user_id, recommendation_id=recommendation_id)
    if recommendation_id is None or whole is None:
        # A first page, or the ranking has expired: the answer then carries a new id.
        recommendation_id = uuid.uuid4().hex
        whole = make_ranking(snapshot, taste=taste, filters=page.filters)
        payloads.store_ranking(whole, user_id=user_id, recommendation_id=recommendation_id)
    return _cut_page(snapshot, taste, whole, page, recommendation_id=recommendation_id)


def _cut_page(
    snapshot: Snapshot,
    taste: Taste,
    whole: Ranking,
    page: PageRequest,
    *,
    recommendation_id: str | None,
) -> RecommendationList:
    """Return the films from the cursor on, less those seen or hidden since the ranking was made."""
    gone = {item.movie_id for item in taste.history} | taste.hidden_movie_ids
    rest = range(page.place.offset, len(whole.movie_ids))
    shown = list(islice((at for at in rest if whole.movie_ids[at] not in gone), page.limit))
    end = shown[-1] + 1 if len(shown) == page.limit else len(whole.movie_ids)
    items = present_films(
        snapshot,
        taste=taste,
        movie_ids=[whole.movie_ids[at] for at in shown],
        scores=[whole.scores[at] for at in shown],
        first_rank=page.place.offset + 1,
        with_reasons=page.with_reasons,
    )
    has_more = end < len(whole.movie_ids)
    return RecommendationList(
        recommendation_id=recommendation_id,
        model_name=snapshot.model_name,
        model_version=snapshot.model_version,
        is_fallback=whole.is_fallback,
        next_cursor=encode_cursor(Cursor(recommendation_id, end)) if has_more else None,
        items=items,
    )


def get_home_rows(*, user: User | AnonymousUser | None) -> list[HomeRow]:
    """Return the rows of the home page, no film twice; cached like recommendations."""
    user_id = user.pk if user is not None else None
    state = read_state(user_id=user_id)
    key = cache.make_key("home", state=state, user_id=user_id, options="")

    def compute() -> tuple[bytes, bool]:
        snapshot = model_server.get_snapshot(state)
        taste = read_taste(user_id=user_id) if user_id is not None else Taste()
        rows = compute_home_rows(snapshot, taste=taste)
        return payloads.dump_rows(rows), is_of_state(snapshot, state)

    return payloads.load_rows(cache.get_or_compute(key, compute))


def get_similar_movies(*, movie_id: int, limit: int = 10) -> list[Recommendation]:
    """Return the films most like this one, best first; empty for a film nobody knows.

    `score` is the cosine of the item vectors, or the share of genres where the model has none.
    """
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    return rank_similar_films(snapshot, movie_id=movie_id, limit=limit)


def get_onboarding_movies(*, genre_ids: Sequence[int] = (), limit: int = 24) -> list[int]:
    """Return ids of well-known films of these genres (of all where none), spread over them."""
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    return pick_onboarding_films(snapshot.catalogue, genre_ids=genre_ids, limit=limit)
