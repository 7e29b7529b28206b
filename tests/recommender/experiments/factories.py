"""Experiments and what people did in them, as rows."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from recommender.models import Arm, Event, Experiment, Exposure, Impression


def make_experiment(
    name: str = "popular",
    *,
    surface: str = "ranking",
    arms: dict[str, dict[str, Any]] | None = None,
) -> Experiment:
    """Return a draft of the served model against popularity, or of the arms given."""
    experiment = Experiment.objects.create(name=name, surface=surface, min_subjects=1)
    named = arms or {"control": {}, "popularity": {"ranking": "popularity"}}
    for number, (arm, fields) in enumerate(named.items()):
        Arm.objects.create(experiment=experiment, name=arm, is_control=number == 0, **fields)
    return experiment


def show(
    arm: Arm, user: User, *, films: int = 4, did: dict[int, str] | None = None, column: str = "arm"
) -> uuid.UUID:
    """Write that a person was shown films 1 to `films` in an arm, and what they did with some."""
    now, page = timezone.now(), uuid.uuid4()
    Exposure.objects.get_or_create(
        experiment_id=arm.experiment_id,
        subject_key=user.pk,
        defaults={"arm": arm, "user": user, "first_at": now},
    )
    Impression.objects.bulk_create(
        Impression(
            recommendation_id=page,
            user=user,
            movie_id=movie_id,
            surface="api",
            rank=movie_id,
            shown_at=now,
            **{column: arm},
        )
        for movie_id in range(1, films + 1)
    )
    Event.objects.bulk_create(
        Event(recommendation_id=page, user=user, movie_id=movie_id, kind=kind, happened_at=now)
        for movie_id, kind in (did or {}).items()
    )
    return page
