"""The API's answer as bytes: from the cache without so much as a look at the history."""

import json
from functools import lru_cache

from django.http import QueryDict

from recommender.answering import (
    PageRequest,
    answer_person,
    describe_page,
    get_cached_answer,
    make_page_request,
    tell_lost_model,
)
from recommender.feedback import noting as feedback
from recommender.output_serializers import render_list
from recommender.redis_batch import RedisBatch
from recommender.serializers import RecommendationOptions, make_dials, make_filters
from recommender.serving import Snapshot, read_state

# What most clients ask is the same few texts; names of genres and services are looked up each time.
_KEPT_QUERIES = 512
_MAX_QUERY_LENGTH = 100


def read_page_request(query: str) -> PageRequest:
    """Return what a URL's query string asks for.

    Raises:
        ValidationError: an option is not one, or out of its range.
        InvalidCursorError: the cursor is not one that an answer carried.
    """
    is_named = "genres" in query or "services" in query
    is_plain = len(query) <= _MAX_QUERY_LENGTH and "%" not in query and not is_named
    return _parse_plain(query) if is_plain else _parse(query)


def _parse(query: str) -> PageRequest:
    checked = RecommendationOptions(data=QueryDict(query))
    checked.is_valid(raise_exception=True)
    options = checked.validated_data
    return make_page_request(
        make_filters(options),
        limit=options["limit"],
        cursor=options.get("cursor"),
        with_reasons=options.get("include", False),
        dials=make_dials(options),
    )


_parse_plain = lru_cache(maxsize=_KEPT_QUERIES)(_parse)


def get_recommendations_json(*, user_id: int, page: PageRequest, is_shown: bool = True) -> bytes:
    """Return the JSON of a person's recommendations.

    `is_shown` notes the films as shown to the person and counts the look-up; not to be said of a
    cache warmed up.
    """
    state = read_state(user_id=user_id)
    batch = RedisBatch()

    def compute(snapshot: Snapshot) -> bytes:
        answer = answer_person(snapshot, user_id, page, arm=state.ranking_arm, batch=batch)
        answer = tell_lost_model(answer, state)
        body = render_list(answer, snapshot.catalogue, filters=page.filters)
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        if is_shown:
            feedback.note_answer(state=state, user_id=user_id, raw=raw, body=body, batch=batch)
        return raw

    raw = get_cached_answer(
        "api",
        state=state,
        user_id=user_id,
        options=describe_page(page),
        compute=compute,
        batch=batch,
        is_counted=is_shown,
    )
    if is_shown:
        feedback.note_answer(state=state, user_id=user_id, raw=raw)
    return raw
