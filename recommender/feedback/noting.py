"""Noting what people are shown and what they do with it, off the path of the answer.

Each answer is noted once by a web process, when it first leaves it: an answer from the cache that
was noted before costs a look into a set. The note goes into the buffer; a job writes it. Nothing is
noted of people who do not allow measuring, nor of visitors who have not written anything yet.
"""

import json
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from recommender.answers import HomeRow
from recommender.experiments.arms import ServedArm
from recommender.feedback import buffer as feedback_buffer
from recommender.feedback.models import Event, Impression
from recommender.redis_batch import RedisBatch
from recommender.serving_state import ServingState

REMEMBERED = 8192
# What a rating is worth the job finds out: it reads the stars.
RATED = "rated"
SHOWN = "shown"
DID = "did"
# (movie id, rank from 1, row of the page)
ShownFilm = tuple[int, int, str]


class RecentlySeen:
    """Says whether something was seen among the last 8,192 to 16,384 things, in constant memory."""

    def __init__(self, *, size: int) -> None:
        self._size = size
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._lock = threading.Lock()

    def __contains__(self, mark: int) -> bool:
        return mark in self._young or mark in self._old

    def add(self, mark: int) -> None:
        """Remember one thing."""
        with self._lock:
            self._young.add(mark)
            if len(self._young) >= self._size:
                self._old, self._young = self._young, set()

    def clear(self) -> None:
        """Forget everything, as a new process would start."""
        with self._lock:
            self._young, self._old = set(), set()


noted = RecentlySeen(size=REMEMBERED)


def note_answer(
    *,
    state: ServingState,
    user_id: int,
    raw: bytes,
    body: dict[str, Any] | None = None,
    batch: RedisBatch | None = None,
) -> None:
    """Note the films of an API answer, given as its bytes: read only where they are new here.

    `body` is what the bytes say, where that is known; the note goes with the rest of `batch`, else
    at once. One that is lost with the batch may be noted again.
    """
    mark = hash(raw)
    if not state.is_measured or mark in noted:
        return
    if body is None:
        body = json.loads(raw)
    films = [(item["movie"]["id"], item["rank"], "") for item in body["results"]]
    if not films or body["recommendation_id"] is None:
        return
    entry = _make_entry(
        state,
        user_id,
        recommendation_id=body["recommendation_id"],
        surface=Impression.Surface.API,
        model=body["model"]["version"],
        films=films,
    )
    if batch is not None:
        feedback_buffer.push_with(batch, entry, kept=lambda: noted.add(mark))
    elif feedback_buffer.push(entry):
        noted.add(mark)


def note_home(
    *,
    state: ServingState,
    user_id: int,
    rows: Sequence[HomeRow],
    model: int | None,
    context: str = "",
    arranged: Sequence[HomeRow] = (),
) -> None:
    """Note the films of the home page's rows, and which row an arm put first of `arranged`.

    `model` is the version that answered. `arranged` are all rows the arm chose among, in the order
    it gave them; of these `rows` may leave some out. Where it left out the one chosen, the choice
    was not shown and is not noted. No arm decides which films are suggested for an evening.
    """
    if not state.is_measured or not rows or not rows[0].items or not rows[0].recommendation_id:
        return
    mark = hash(rows[0].recommendation_id)
    if mark in noted:
        return
    entry = _make_entry(
        state,
        user_id,
        recommendation_id=rows[0].recommendation_id,
        surface=Impression.Surface.HOME,
        model=model,
        films=[(item.movie_id, item.rank, row.kind) for row in rows for item in row.items],
    )
    arm = state.row_arm
    if arranged and arm is not None and arm.is_running:
        entry["row_arm"] = [arm.experiment_id, arm.arm_id]
        if rows[0].key == arranged[0].key:
            candidates = sorted({row.kind for row in arranged})
            entry["decision"] = [context, candidates, rows[0].kind]
    if feedback_buffer.push(entry):
        noted.add(mark)


def _make_entry(
    state: ServingState,
    user_id: int,
    *,
    recommendation_id: str,
    surface: str,
    model: int | None,
    films: Iterable[ShownFilm],
) -> dict[str, Any]:
    return {
        "what": SHOWN,
        "at": time.time(),
        "user": user_id,
        "subject": state.subject_key,
        "id": recommendation_id,
        "surface": surface,
        "model": model,
        "arm": _name_arm(state.ranking_arm),
        "films": list(films),
    }


def _name_arm(arm: ServedArm | None) -> list[int] | None:
    """Return experiment and arm where it is being tried; what was promoted is nobody's arm."""
    return [arm.experiment_id, arm.arm_id] if arm is not None and arm.is_running else None


def note_click(*, user: User | None, movie_id: int, origin: str) -> None:
    """Note that somebody opened a film from a recommendation."""
    if origin:
        _note_deed(user, movie_id=movie_id, kind=Event.Kind.CLICK, origin=origin)


def note_after_commit(*, user: User, movie_id: int, kind: str, origin: str = "") -> None:
    """Note what somebody did once the transaction that does it is kept.

    Without `origin` the job looks for the last answer that showed them the film.
    """

    def note() -> None:
        _note_deed(user, movie_id=movie_id, kind=kind, origin=origin)

    transaction.on_commit(note, robust=True)


def _note_deed(user: User | None, *, movie_id: int, kind: str, origin: str) -> None:
    if user is None or not user.allows_training:
        return
    entry = {
        "what": DID,
        "at": time.time(),
        "user": user.pk,
        "id": origin,
        "movie": movie_id,
        "kind": kind,
    }
    feedback_buffer.push(entry)
