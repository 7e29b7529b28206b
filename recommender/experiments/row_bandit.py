"""The bandit on the home page: which row goes first, and the job that learns from clicks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from recommender.answers import HomeRow
from recommender.experiments.arms import ServedArm
from recommender.experiments.bandit import Belief, LoggedDecision, choose_row, read_context
from recommender.experiments.models import Arm, RowDecision, RowPosterior

# A page is clicked within this time or counts as not clicked.
CLICK_WINDOW = timedelta(minutes=30)
LEARNT_AT_ONCE = 5_000

# A click on any film of the row that came first, opened, kept or liked.
_MARK_CLICKED = """
UPDATE recommender_rowdecision AS decision SET is_clicked = true
WHERE decision.id = ANY(%s) AND EXISTS (
    SELECT 1 FROM recommender_event AS event
    JOIN recommender_impression AS shown
      ON shown.recommendation_id = event.recommendation_id AND shown.movie_id = event.movie_id
    WHERE event.user_id = decision.user_id
      AND event.recommendation_id = decision.recommendation_id
      AND event.kind IN ('click', 'liked', 'watchlisted') AND shown.row = decision.chosen
      AND event.happened_at <= decision.decided_at + %s::interval
)
RETURNING decision.id
"""


def get_page_context(request: HttpRequest) -> str:
    """Return the context of a page: part of the day here, and the kind of device."""
    hour = timezone.localtime().hour
    return read_context(hour=hour, user_agent=request.headers.get("User-Agent", ""))


def needs_context(arm: ServedArm | None) -> bool:
    """Whether an arm's order of rows may differ from one context to another."""
    return arm is not None and arm.row_policy != Arm.RowPolicy.FIXED


def arrange_rows(
    rows: Sequence[HomeRow], *, arm: ServedArm | None, context: str, page_id: str
) -> list[HomeRow]:
    """Return the rows with the one first that the arm's policy chooses.

    The others keep their order. Of each kind the first row may go first. The draw is seeded by the
    page's id, so it can be repeated. One query where the bandit chooses, else none.
    """
    if arm is None or not rows or arm.row_policy == Arm.RowPolicy.FIXED:
        return list(rows)
    kinds = sorted({row.kind for row in rows})
    rng = np.random.default_rng(UUID(page_id).int)
    if arm.row_policy == Arm.RowPolicy.UNIFORM:
        chosen = kinds[int(rng.integers(len(kinds)))]
    else:
        chosen = choose_row(kinds, _read_beliefs(arm.arm_id, context), rng=rng)
    first = next(row for row in rows if row.kind == chosen)
    return [first, *(row for row in rows if row is not first)]


def _read_beliefs(arm_id: int, context: str) -> dict[str, Belief]:
    found = RowPosterior.objects.filter(arm_id=arm_id, context=context)
    return {
        row: Belief(alpha, beta) for row, alpha, beta in found.values_list("row", "alpha", "beta")
    }


def learn_from_clicks(*, now: datetime | None = None) -> int:
    """Count decisions whose time for a click is over into the posteriors; return how many."""
    learnt = 0
    while count := _learn_once((now or timezone.now()) - CLICK_WINDOW):
        learnt += count
    return learnt


@transaction.atomic
def _learn_once(before: datetime) -> int:
    # Locked, and passed over by another run: none is counted twice.
    due = list(
        RowDecision.objects.select_for_update(skip_locked=True)
        .filter(is_learnt=False, decided_at__lte=before)
        .order_by("decided_at")[:LEARNT_AT_ONCE]
    )
    if not due:
        return 0
    clicked = _mark_clicked([decision.pk for decision in due])
    counts: Counter[tuple[int, str, str, bool]] = Counter(
        (decision.arm_id, decision.context, decision.chosen, decision.pk in clicked)
        for decision in due
    )
    for arm_id, context, row in sorted({key[:3] for key in counts}):
        _update_posterior(
            arm_id=arm_id,
            context=context,
            row=row,
            clicks=counts[arm_id, context, row, True],
            passes=counts[arm_id, context, row, False],
        )
    RowDecision.objects.filter(pk__in=[decision.pk for decision in due]).update(is_learnt=True)
    return len(due)


def _mark_clicked(decision_ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        values: list[Any] = [decision_ids, CLICK_WINDOW]
        cursor.execute(_MARK_CLICKED, values)
        return {row[0] for row in cursor.fetchall()}


def _update_posterior(*, arm_id: int, context: str, row: str, clicks: int, passes: int) -> None:
    prior = Belief()
    posterior, _ = RowPosterior.objects.select_for_update().get_or_create(
        arm_id=arm_id,
        context=context,
        row=row,
        defaults={"alpha": prior.alpha, "beta": prior.beta},
    )
    belief = Belief(posterior.alpha, posterior.beta).learn(clicks=clicks, passes=passes)
    posterior.alpha, posterior.beta = belief.alpha, belief.beta
    posterior.updated_at = timezone.now()
    posterior.save(update_fields=["alpha", "beta", "updated_at"])


def read_log(**filters: Any) -> Iterator[LoggedDecision]:
    """Yield the learnt decisions that were made uniformly at random, in their order."""
    rows = (
        RowDecision.objects.filter(arm__row_policy=Arm.RowPolicy.UNIFORM, is_learnt=True, **filters)
        .order_by("decided_at", "pk")
        .values_list("context", "candidates", "chosen", "is_clicked", "user_id")
    )
    for context, candidates, chosen, is_clicked, user_id in rows.iterator(chunk_size=2_000):
        yield LoggedDecision(context, tuple(candidates), chosen, is_clicked, user_id)
