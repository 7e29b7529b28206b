"""The API's answer as bytes: from the cache without so much as a look at the history."""

import json
from typing import Any

from recommender import cache, feedback
from recommender.answering import answer_person, is_of_state, make_page_request
from recommender.serializers import make_filters, render_list
from recommender.serving import model_server, read_state


def get_recommendations_json(
    *, user_id: int, options: dict[str, Any], is_shown: bool = True
) -> bytes:
    """Return the JSON of a person's recommendations; `options` are checked ones.

    `is_shown` notes the films as shown to the person; not to be said of a cache warmed up.

    Raises:
        InvalidCursorError: the cursor is not one that an answer carried.
    """
    page = make_page_request(
        make_filters(options),
        limit=options["limit"],
        cursor=options.get("cursor"),
        with_reasons=options.get("include", False),
    )
    state = read_state(user_id=user_id)
    key = cache.make_key("api", state=state, user_id=user_id, options=repr(page))

    def compute() -> tuple[bytes, bool]:
        snapshot = model_server.get_snapshot(state)
        body = render_list(answer_person(snapshot, user_id, page))
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        return raw, is_of_state(snapshot, state)

    raw = cache.get_or_compute(key, compute)
    if is_shown:
        feedback.note_answer(state=state, user_id=user_id, raw=raw)
    return raw
