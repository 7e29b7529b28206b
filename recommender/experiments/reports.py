"""Reports of experiments: counted in Postgres, analysed, and kept beside the experiment."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import structlog
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Movie
from recommender.cache import read_arm_lookups
from recommender.experiments.analysis import Analysis, ArmCounts, analyse
from recommender.experiments.services import UnknownExperimentError, flag_guardrail
from recommender.experiments.variety import measure_diversity
from recommender.models import Arm, Experiment

logger = structlog.get_logger(__name__)

# One row a person who saw one arm alone: (arm, impressions, clicks, accepted, hidden).
_COUNT = """
WITH subjects AS (
    SELECT min(arm_id) AS arm_id, user_id FROM recommender_exposure
    WHERE experiment_id = %s GROUP BY user_id HAVING count(DISTINCT arm_id) = 1
)
SELECT subjects.arm_id, count(shown.id), count(*) FILTER (WHERE done.clicked),
       count(*) FILTER (WHERE done.accepted), count(*) FILTER (WHERE done.hidden)
FROM subjects
JOIN recommender_impression AS shown
  ON shown.user_id = subjects.user_id AND shown.{column} = subjects.arm_id
LEFT JOIN LATERAL (
    SELECT bool_or(kind = 'click') AS clicked, bool_or(kind = 'hidden') AS hidden,
           bool_or(kind IN ('liked', 'watchlisted')) AS accepted
    FROM recommender_event AS event
    WHERE event.user_id = shown.user_id AND event.movie_id = shown.movie_id
      AND event.recommendation_id = shown.recommendation_id
) AS done ON true
GROUP BY subjects.arm_id, subjects.user_id
"""
_FILMS = """
SELECT {column}, count(DISTINCT movie_id) FROM recommender_impression
WHERE {column} = ANY(%s) GROUP BY {column}
"""
_ASSIGNED = """
SELECT arm_id, count(*) FROM recommender_exposure WHERE experiment_id = %s GROUP BY arm_id
"""
_CROSSOVERS = """
SELECT count(*) FROM (SELECT 1 FROM recommender_exposure WHERE experiment_id = %s
                      GROUP BY user_id HAVING count(DISTINCT arm_id) > 1) AS people
"""


def analyse_experiment(experiment: Experiment) -> Analysis:
    """Count and analyse an experiment; eight queries, however many people there are.

    Raises:
        UnknownExperimentError: it has no control, as an unfinished draft may.
    """
    arms = list(experiment.arms.all())
    if not any(arm.is_control for arm in arms):
        text = _("“%(name)s” has no control to compare with.")
        raise UnknownExperimentError(text % {"name": experiment.name})
    counted, crossovers = _count(experiment, arms)
    return analyse(
        counted,
        catalogue_size=Movie.objects.count(),
        hide_margin=experiment.hide_margin,
        min_subjects=experiment.min_subjects,
        crossovers=crossovers,
    )


def _count(experiment: Experiment, arms: Sequence[Arm]) -> tuple[list[ArmCounts], int]:
    """Return what happened in each arm, and how many people were assigned two."""
    # Our own constant, one of two.
    is_ranking = experiment.surface == Experiment.Surface.RANKING
    column = "arm_id" if is_ranking else "row_arm_id"
    ids = [arm.pk for arm in arms]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(column=column), [experiment.pk])
        people: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for arm_id, *counts in cursor.fetchall():
            people[arm_id].append(tuple(counts))
        cursor.execute(_FILMS.format(column=column), [ids])
        films = dict(cursor.fetchall())
        cursor.execute(_ASSIGNED, [experiment.pk])
        assigned = dict(cursor.fetchall())
        cursor.execute(_CROSSOVERS, [experiment.pk])
        crossovers = int(cursor.fetchone()[0])
    diversity = measure_diversity(ids, column=column)
    lookups = read_arm_lookups(ids)
    counted = []
    for arm in arms:
        table = np.array(people[arm.pk], dtype=np.int64).reshape(-1, 4)
        counted.append(
            ArmCounts(
                name=arm.name,
                is_control=arm.is_control,
                share=arm.share,
                assigned=assigned.get(arm.pk, 0),
                impressions=table[:, 0],
                clicks=table[:, 1],
                accepted=table[:, 2],
                hidden=table[:, 3],
                distinct_films=films.get(arm.pk, 0),
                diversity=diversity.get(arm.pk),
                cache_hit_rate=lookups[arm.pk].hit_rate,
            )
        )
    return counted, crossovers


def make_report(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment's analysis and what it is of, as JSON can hold it."""
    return {
        "experiment": experiment.name,
        "surface": experiment.surface,
        "status": experiment.status,
        "hide_margin": experiment.hide_margin,
        **analyse_experiment(experiment).as_dict(),
    }


def refresh_report(*, experiment_id: int) -> dict[str, Any]:
    """Analyse an experiment now and keep the report; stop it where the guardrail is broken.

    Raises:
        UnknownExperimentError: there is none, or it has no control.
    """
    experiment = Experiment.objects.filter(pk=experiment_id).first()
    if experiment is None:
        text = _("There is no experiment %(id)s.")
        raise UnknownExperimentError(text % {"id": experiment_id})
    report = make_report(experiment)
    Experiment.objects.filter(pk=experiment_id).update(report=report, reported_at=timezone.now())
    if report["is_guardrail_broken"]:
        was_stopped = flag_guardrail(experiment_id=experiment_id)
        logger.warning("guardrail_broken", experiment=experiment.name, was_stopped=was_stopped)
    return report


def refresh_running_reports() -> int:
    """Analyse every running experiment; return how many there are."""
    running = Experiment.objects.filter(status=Experiment.Status.RUNNING)
    ids = list(running.values_list("pk", flat=True))
    for experiment_id in ids:
        refresh_report(experiment_id=experiment_id)
    return len(ids)
