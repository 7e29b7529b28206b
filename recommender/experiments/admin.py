"""Experiments in the admin site: drafts are edited, steps are confirmed, reports are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold.admin import ModelAdmin, TabularInline

from recommender import queueing
from recommender.experiments import services as experiments
from recommender.experiments.tables import (
    ARM_COLUMNS,
    DIFFERENCE_COLUMNS,
    describe_checks,
    draw_differences,
    tabulate_arms,
    tabulate_differences,
)
from recommender.model_versions import UnknownModelVersionError, UnusableModelError
from recommender.models import Arm, Experiment

logger = structlog.get_logger(__name__)

Status = Experiment.Status
REFUSALS = (experiments.ExperimentError, UnusableModelError, UnknownModelVersionError)


@dataclass(frozen=True)
class Step:
    """A button: what it does, in which states, and what is asked before."""

    title: Any
    question: Any
    states: tuple[str, ...]
    run: Callable[[HttpRequest, Experiment], Experiment]
    needs_arm: bool = False


def _start(_request: HttpRequest, experiment: Experiment) -> Experiment:
    return experiments.start_experiment(experiment_id=experiment.pk)


def _stop(_request: HttpRequest, experiment: Experiment) -> Experiment:
    stopped = experiments.stop_experiment(experiment_id=experiment.pk)
    queueing.queue_analysis(experiment_id=experiment.pk)
    return stopped


def _promote(request: HttpRequest, experiment: Experiment) -> Experiment:
    arm_id = request.POST.get("arm", "")
    if not arm_id.isdecimal() or len(arm_id) > 18:
        raise experiments.UnknownExperimentError(str(_("Choose an arm.")))
    return experiments.promote_arm(experiment_id=experiment.pk, arm_id=int(arm_id))


def _roll_back(_request: HttpRequest, experiment: Experiment) -> Experiment:
    return experiments.roll_back_experiment(experiment_id=experiment.pk)


STEPS = {
    "start": Step(
        _("Start"),
        _("Let people into this experiment? Its arms cannot be changed afterwards."),
        (Status.DRAFT,),
        _start,
    ),
    "stop": Step(
        _("Stop"),
        _("Serve everybody the same again? It cannot be started a second time."),
        (Status.RUNNING,),
        _stop,
    ),
    "promote": Step(
        _("Promote an arm"),
        _("Give everybody what this arm served?"),
        (Status.STOPPED,),
        _promote,
        needs_arm=True,
    ),
    "roll-back": Step(
        _("Roll back"),
        _("Leave everything as it was before this experiment?"),
        (Status.STOPPED, Status.PROMOTED),
        _roll_back,
    ),
}


class ArmInline(TabularInline):  # type: ignore[misc]
    """The arms, to be changed only while the experiment is a draft."""

    model = Arm
    fk_name = "experiment"
    extra = 2
    autocomplete_fields: list[str] = []

    def _is_open(self, obj: Experiment | None) -> bool:
        return obj is None or obj.status == Status.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Arms are added to drafts."""
        return self._is_open(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Arms of drafts are changed."""
        return self._is_open(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Arms of drafts are removed."""
        return self._is_open(obj) and bool(super().has_delete_permission(request, obj))


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):  # type: ignore[misc]
    """Experiments; the steps of their life are buttons that ask first."""

    list_display = ["name", "surface", "status", "started_at", "stopped_at", "guardrail", "steps"]
    list_filter = ["status", "surface"]
    search_fields = ["name"]
    inlines = [ArmInline]
    readonly_fields = ["status", "started_at", "stopped_at", "decided_at", "winner", "steps"]

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Drafts alone are edited: what runs is changed by its steps."""
        is_open = obj is None or obj.status == Status.DRAFT
        return is_open and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Drafts alone are deleted: what was tried stays known."""
        return (obj is None or obj.status == Status.DRAFT) and bool(
            super().has_delete_permission(request, obj)
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer no deletion in bulk, which would not look at the state."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """Fetch the winner along."""
        found: QuerySet[Experiment] = super().get_queryset(request).select_related("winner")
        return found

    @admin.display(description=_("guardrail"))
    def guardrail(self, experiment: Experiment) -> str:
        """Return since when it is broken."""
        at = experiment.guardrail_broken_at
        return f"{at:%Y-%m-%d %H:%M}" if at else "–"

    @admin.display(description=_("steps"))
    def steps(self, experiment: Experiment) -> SafeString:
        """Return links to the report and to what can be done now."""
        if experiment._state.adding:
            return mark_safe("–")
        links = [_link(experiment, "report", _("Report"))]
        links += [
            _link(experiment, name, step.title)
            for name, step in STEPS.items()
            if experiment.status in step.states
        ]
        return mark_safe(" · ".join(links))  # noqa: S308 - made by format_html

    def get_urls(self) -> list[URLPattern]:
        """Add the report and the steps."""
        view = self.admin_site.admin_view
        return [
            path(
                "<int:experiment_id>/report/",
                view(require_http_methods(["GET", "HEAD", "POST"])(self.show_report)),
                name="recommender_experiment_report",
            ),
            *(
                path(
                    f"<int:experiment_id>/{name}/",
                    view(require_http_methods(["GET", "HEAD", "POST"])(self.take_step)),
                    {"name": name},
                    name=f"recommender_experiment_{name}",
                )
                for name in STEPS
            ),
            *super().get_urls(),
        ]

    def take_step(self, request: HttpRequest, experiment_id: int, name: str) -> HttpResponse:
        """Ask on GET, do it on POST.

        Raises:
            PermissionDenied: the operator may not run experiments.
        """
        if not request.user.has_perm("recommender.run_experiment"):
            raise PermissionDenied
        experiment = get_object_or_404(Experiment, pk=experiment_id)
        step = STEPS[name]
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": f"{experiment.name}: {step.title}",
                "opts": self.opts,
                "experiment": experiment,
                "step": step,
                "arms": experiment.arms.all() if step.needs_arm else [],
                "warnings": experiment.report.get("warnings", []),
                "back": _address(experiment, "report"),
            }
            return TemplateResponse(request, "admin/recommender/experiment_step.html", context)
        try:
            step.run(request, experiment)
        except REFUSALS as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.log_change(request, experiment, f"{step.title}")
            logger.info("experiment_step", step=name, experiment=experiment.name)
            self.message_user(request, _("Done: %(step)s.") % {"step": step.title})
        return HttpResponseRedirect(reverse("admin:recommender_experiment_changelist"))

    def show_report(self, request: HttpRequest, experiment_id: int) -> HttpResponse:
        """Show the last report; on POST have a worker make a new one.

        Raises:
            PermissionDenied: the operator may not see experiments.
        """
        experiment = get_object_or_404(Experiment, pk=experiment_id)
        if not self.has_view_permission(request, experiment):
            raise PermissionDenied
        if request.method == "POST":
            is_queued = queueing.queue_analysis(experiment_id=experiment.pk)
            text = _("A worker counts now: load this page again in a moment.")
            failed = _("No worker can be reached: the report is made when the schedule runs.")
            self.message_user(request, text if is_queued else failed)
            return HttpResponseRedirect(_address(experiment, "report"))
        report = experiment.report
        context = {
            **self.admin_site.each_context(request),
            "title": _("Report: %(name)s") % {"name": experiment.name},
            "opts": self.opts,
            "experiment": experiment,
            "steps": self.steps(experiment),
            **(_show(report) if report else {}),
        }
        return TemplateResponse(request, "admin/recommender/experiment_report.html", context)


def _show(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "tables": [
            (ARM_COLUMNS, tabulate_arms(report)),
            (DIFFERENCE_COLUMNS, tabulate_differences(report)),
        ],
        "checks": describe_checks(report),
        "warnings": report["warnings"],
        # Our own drawing: names in it are escaped.
        "plot": mark_safe(draw_differences(report)),  # noqa: S308
    }


def _address(experiment: Experiment, name: str) -> str:
    return reverse(f"admin:recommender_experiment_{name}", args=[experiment.pk])


def _link(experiment: Experiment, name: str, title: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', _address(experiment, name), title)
