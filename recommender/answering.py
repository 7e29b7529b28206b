"""One page of an answer: ranked afresh, or cut from the ranking that an earlier page kept."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

import numpy as np

from movieshow.cursors import Cursor, decode_cursor, encode_cursor
from recommender import cache, payloads
from recommender.answers import Filters, HistoryItem, RecommendationList, Taste
from recommender.dials import NO_DIALS, DialOptions
from recommender.experiments.arms import ServedArm
from recommender.recommending import Ranking, arrange_history, make_ranking, present_films
from recommender.redis_batch import RedisBatch
from recommender.serving import ServingState, Snapshot, model_server, read_state
from recommender.taste.reading import read_taste

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which films, and whether with reasons."""

    filters: Filters
    place: Cursor
    limit: int
    with_reasons: bool
    dials: DialOptions = NO_DIALS


def make_page_request(
    filters: Filters,
    *,
    limit: int,
    cursor: str | None,
    with_reasons: bool,
    dials: DialOptions = NO_DIALS,
) -> PageRequest:
    """Return a request; `limit` is brought into 1 to 100.

    Raises:
        InvalidCursorError: `cursor` is not one that an answer carried.
    """
    place = decode_cursor(cursor) if cursor else Cursor(None, 0)
    return PageRequest(filters, place, max(1, min(limit, MAX_LIMIT)), with_reasons, dials)


@lru_cache(maxsize=512)
def describe_page(page: PageRequest) -> str:
    """Return the text that stands for a request in the key of its answer."""
    return repr(page)


def is_of_state(snapshot: Snapshot, state: ServingState) -> bool:
    """Whether an answer from this snapshot may be kept under the state's key."""
    return (
        snapshot.model_version == state.served_model_id
        and snapshot.catalogue.version == state.catalogue_version
    )


def get_cached_answer(
    kind: str,
    *,
    state: ServingState,
    user_id: int | None,
    options: str,
    compute: Callable[[Snapshot], bytes],
    batch: RedisBatch | None = None,
    is_counted: bool = True,
) -> bytes:
    """Return what is kept of this kind for a person in this state, or compute and keep it.

    What `compute` puts into `batch` is sent with it. An answer from another snapshot than the
    state's, as while a model loads, is given but not kept. `is_counted` counts the look-up.
    """

    def compute_checked() -> tuple[bytes, bool]:
        snapshot = model_server.get_snapshot(state)
        return compute(snapshot), is_of_state(snapshot, state)

    key = cache.make_key(kind, state=state, user_id=user_id, options=options)
    return cache.get_or_compute(key, compute_checked, batch=batch, is_counted=is_counted)


def answer_history(history: Sequence[HistoryItem], page: PageRequest) -> RecommendationList:
    """Rank for a history that belongs to nobody: nothing is read of who asks, nothing is kept."""
    state = read_state(user_id=None)
    snapshot = model_server.get_snapshot(state)
    taste = Taste(history=arrange_history(history))
    whole = make_ranking(snapshot, taste=taste, filters=page.filters, dials=page.dials)
    answer = _cut_page(snapshot, taste, whole, page, recommendation_id=None)
    unknown = _find_unknown(snapshot, [item.movie_id for item in taste.history])
    return replace(tell_lost_model(answer, state), unknown_movie_ids=unknown)


def tell_lost_model(answer: RecommendationList, state: ServingState) -> RecommendationList:
    """Return the answer, saying so where it had no model though one is in charge."""
    if answer.fallback_reason == "no_model" and state.served_model_id is not None:
        return replace(answer, fallback_reason="model_unavailable")
    return answer


def _find_unknown(snapshot: Snapshot, movie_ids: list[int]) -> tuple[int, ...]:
    positions = snapshot.catalogue.positions_of(movie_ids).tolist()
    return tuple(pk for pk, place in zip(movie_ids, positions, strict=True) if place < 0)


def answer_person(
    snapshot: Snapshot,
    user_id: int,
    page: PageRequest,
    *,
    arm: ServedArm | None = None,
    batch: RedisBatch | None = None,
) -> RecommendationList:
    """Rank for a person, or cut the next page of a ranking made before.

    A new ranking is kept for its later pages: with the rest of `batch`, else at once. So is one
    made anew because model, catalogue or `arm` are others than the earlier pages came from: it goes
    on behind the films that they showed, and no answer is of two versions. What was asked for with
    the first page holds for all its later ones, whatever their requests say besides the cursor.
    """
    taste = read_taste(user_id=user_id)
    origin = payloads.make_origin(snapshot, arm)
    recommendation_id, kept = page.place.recommendation_id, None
    if recommendation_id is not None:
        kept = payloads.fetch_ranking(user_id=user_id, recommendation_id=recommendation_id)
    if recommendation_id is None or kept is None or kept.origin != origin:
        # A first page, or the ranking has expired or is another's: the answer carries a new id.
        recommendation_id = uuid.uuid4().hex
        filters, dials = (kept.filters, kept.dials) if kept else (page.filters, page.dials)
        whole = make_ranking(snapshot, taste=taste, filters=filters, dials=dials)
        if kept is not None:
            whole = _go_on_behind(kept.ranking, whole, offset=page.place.offset)
        kept = payloads.KeptRanking(whole, origin, filters, dials)
        payloads.store_ranking(
            kept, user_id=user_id, recommendation_id=recommendation_id, batch=batch
        )
    return _cut_page(snapshot, taste, kept.ranking, page, recommendation_id=recommendation_id)


def _go_on_behind(before: Ranking, new: Ranking, *, offset: int) -> Ranking:
    """Return the new ranking with the films of the earlier one's pages taken to its front.

    The first `offset` places stand for those pages: their films come no second time.
    """
    shown = before.movie_ids[:offset]
    is_rest = ~np.isin(new.movie_ids, shown)
    return replace(
        new,
        movie_ids=np.concatenate([shown, new.movie_ids[is_rest]]),
        scores=np.concatenate([before.scores[:offset], new.scores[is_rest]]),
        num_fits=None,
    )


def _cut_page(
    snapshot: Snapshot,
    taste: Taste,
    whole: Ranking,
    page: PageRequest,
    *,
    recommendation_id: str | None,
) -> RecommendationList:
    """Return the films from the cursor on, less those seen or hidden since the ranking was made."""
    shown = _find_shown(whole, taste, page)
    end = shown[-1] + 1 if len(shown) == page.limit else len(whole.movie_ids)
    items = present_films(
        snapshot,
        taste=taste,
        movie_ids=whole.movie_ids[shown].tolist(),
        scores=whole.scores[shown].tolist(),
        first_rank=page.place.offset + 1,
        with_reasons=page.with_reasons,
    )
    has_more = end < len(whole.movie_ids)
    return RecommendationList(
        recommendation_id=recommendation_id,
        model_name=snapshot.model_name,
        model_version=snapshot.model_version,
        fallback_reason=whole.fallback_reason,
        next_cursor=encode_cursor(Cursor(recommendation_id, end)) if has_more else None,
        items=items,
    )


def _find_shown(whole: Ranking, taste: Taste, page: PageRequest) -> list[int]:
    """Return the places in the ranking that a page shows."""
    gone = taste.hidden_movie_ids.union([item.movie_id for item in taste.history])
    rest = enumerate(whole.movie_ids[page.place.offset :].tolist(), page.place.offset)
    return list(islice((place for place, movie_id in rest if movie_id not in gone), page.limit))
