"""What an operator wants to know at a glance, above the admin site's list of tables.

Rows of words in a few sections, each for who may see it. It costs the same few queries whatever
there is, and one round trip to Redis.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_rq.settings import get_queues_map
from redis import Redis, RedisError
from rq import Queue
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from movieshow.health import collect_readiness
from recommender.models import Experiment, ModelVersion
from recommender.redis_connection import RedisUnavailableError, redis_guard
from recommender.training_data import count_films, find_new_events, is_new_data


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what it is of, what is so, whether that is as it should be, and where to look."""

    label: str
    text: str
    is_bad: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title."""

    title: str
    lines: tuple[Line, ...]


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the sections that this member of the staff may see into the index page's context."""
    user = request.user
    sections = [Section(_("Health"), tuple(_read_health()))]
    if user.has_perm("recommender.view_modelversion"):
        sections.append(Section(_("Model"), tuple(_read_models())))
    if user.has_perm("recommender.view_experiment"):
        sections.append(Section(_("Experiments"), tuple(_read_experiments())))
    if user.is_superuser:  # as the queues' own pages, see `QueueAccessMiddleware`
        sections.append(Section(_("Queues"), tuple(_read_queues())))
    return {**context, "dashboard": sections}


def _read_health() -> Iterator[Line]:
    for name, answer in collect_readiness().items():
        is_bad = answer != "ok"
        yield Line(name, answer if is_bad else _("ok"), is_bad=is_bad)


def _read_models() -> Iterator[Line]:
    """Tell of the version served, the one before it, the last fine-tune and what waits for one."""
    finetuned = ModelVersion.objects.filter(kind=ModelVersion.Kind.FINETUNED)
    earlier = ModelVersion.objects.filter(is_active=False, activated_at__isnull=False)
    wanted = ModelVersion.objects.filter(
        Q(is_active=True)
        | Q(pk__in=finetuned.order_by("-pk").values("pk")[:1])
        | Q(pk__in=earlier.order_by("-activated_at").values("pk")[:1])
    )
    versions = list(wanted)
    active = next((version for version in versions if version.is_active), None)
    if active is None:
        yield Line(_("served"), _("none: popularity answers"), is_bad=True)
    else:
        yield _tell_version(_("served"), active)
    before = [one for one in versions if not one.is_active and one.activated_at]
    if before:
        lately = max(before, key=lambda one: one.activated_at or one.created_at)
        yield _tell_version(_("served before"), lately)
    tuned = [one for one in versions if one.kind == ModelVersion.Kind.FINETUNED]
    if tuned:
        last = max(tuned, key=lambda one: one.pk)
        is_bad = last.status == ModelVersion.Status.REJECTED
        text = _join(_show_time(last.created_at), last.get_status_display(), last.note)
        yield Line(_("last fine-tune"), text, is_bad=is_bad, url=_link(last))
    if active is not None:
        yield Line(_("ratings since"), _tell_new_ratings(active))


def _tell_new_ratings(active: ModelVersion) -> str:
    most = settings.FINETUNE_MIN_RATINGS
    is_due = is_new_data(active)
    count = count_films(find_new_events(active), most=most)
    if is_due and count >= most:
        return _("%(most)d or more: a fine-tune is due") % {"most": most}
    if is_due:
        return _("%(count)d: a fine-tune is due, a member's has waited") % {"count": count}
    return _("%(count)d of the %(most)d that make a fine-tune due") % {"count": count, "most": most}


def _tell_version(label: str, version: ModelVersion) -> Line:
    since = _tell_since(version.activated_at)
    text = _join(str(version), version.get_kind_display(), since, _tell_quality(version))
    return Line(label, text, url=_link(version))


def _tell_quality(version: ModelVersion) -> str:
    """Return what was measured of a version, beside the full training it started from."""
    measured = version.metrics.get("ndcg_at_10")
    if measured:
        low, high = measured["difference"]
        people = ngettext("%(count)d person", "%(count)d people", measured["people"]) % {
            "count": measured["people"]
        }
        return _(
            "NDCG@10 %(after).4f, its full training %(before).4f (%(people)s, difference "
            "%(low)+.4f to %(high)+.4f)"
        ) % {
            "after": measured["finetuned"],
            "before": measured["base"],
            "people": people,
            "low": low,
            "high": high,
        }
    trained = version.metrics.get("card", {}).get("validation") or {}
    if "ndcg_at_10" in trained:
        return _("NDCG@10 %(value).4f on its training's own people") % {
            "value": trained["ndcg_at_10"]
        }
    return _("not measured")


def _read_experiments() -> Iterator[Line]:
    """Tell of the experiments that decide what people are shown, in one query."""
    found = Experiment.objects.filter(Q(status=Experiment.Status.RUNNING) | Q(is_in_force=True))
    lines = []
    for experiment in found.defer("report"):
        is_running = experiment.status == Experiment.Status.RUNNING
        since = experiment.started_at if is_running else experiment.decided_at
        broken = experiment.guardrail_broken_at
        text = _join(
            experiment.get_status_display(),
            experiment.get_surface_display(),
            _tell_since(since),
            _("its guardrail broke") if broken else "",
        )
        url = reverse("admin:recommender_experiment_change", args=[experiment.pk])
        lines.append(Line(experiment.name, text, is_bad=broken is not None, url=url))
    yield from lines or [Line(_("running"), _("none"))]


def _read_queues() -> Iterator[Line]:
    """Tell how many jobs wait, run and failed, and whether anybody works, in one round trip."""
    names = get_queues_map()
    try:
        with redis_guard() as client:
            counts = _count_jobs(client, list(names))
    except (RedisUnavailableError, RedisError, OSError):
        yield Line("Redis", _("does not answer"), is_bad=True)
        return
    for (name, index), (waiting, running, failed, workers) in zip(
        names.items(), counts, strict=True
    ):
        text = _(
            "%(waiting)d waiting, %(running)d running, %(failed)d failed; workers: %(workers)d"
        ) % {"waiting": waiting, "running": running, "failed": failed, "workers": workers}
        page = "failed_jobs" if failed else "jobs"
        yield Line(
            name,
            text,
            is_bad=bool(failed) or not workers,
            url=reverse(f"django_rq:{page}", args=[index]),
        )


def _count_jobs(client: Redis, names: list[str]) -> list[tuple[int, int, int, int]]:
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.llen(Queue(name, connection=client).key)
        pipeline.zcard(StartedJobRegistry(name, connection=client).key)
        pipeline.zcard(FailedJobRegistry(name, connection=client).key)
        pipeline.scard(WORKERS_BY_QUEUE_KEY % name)
    found = pipeline.execute()
    return [tuple(found[place : place + 4]) for place in range(0, len(found), 4)]


def _link(version: ModelVersion) -> str:
    return reverse("admin:recommender_modelversion_change", args=[version.pk])


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _tell_since(at: datetime | None) -> str:
    return "" if at is None else _("since %(time)s") % {"time": _show_time(at)}


def _show_time(at: datetime) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
