"""Model versions, tastes and hidden films in the admin site; people's own data is read-only."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.large_tables import LargeTableAdmin
from recommender import services
from recommender.cache import read_model_lookups
from recommender.experiments.admin import ExperimentAdmin
from recommender.models import HiddenMovie, ModelVersion, TasteProfile

__all__ = ["ExperimentAdmin", "HiddenMovieAdmin", "ModelVersionAdmin", "TasteProfileAdmin"]


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that are looked at, never edited by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody edits rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody deletes rows here."""
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Published models: which is served, how each was measured, and the way back."""

    list_display = [
        "__str__",
        "kind",
        "status",
        "serving",
        "guardrail",
        "created_at",
        "activated_at",
        "note",
    ]
    list_filter = ["kind", "status", "is_active"]
    exclude = ["metrics"]
    readonly_fields = ["cache_hits", "measurements", "card"]
    list_select_related = ["base"]
    actions = ["activate", "roll_back"]
    actions_list = ["open_queues"]

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Whoever may change model versions may choose which is served."""
        return bool(request.user.has_perm("recommender.change_modelversion"))

    @admin.display(description=_("serving"), ordering="is_active")
    def serving(self, version: ModelVersion) -> str:
        """Return whether it is served: a cross beside an earlier one would look like an error."""
        if version.is_active:
            return str(_("served now"))
        return str(_("served earlier") if version.activated_at else _("never served"))

    @admin.display(description=_("NDCG@10"))
    def guardrail(self, version: ModelVersion) -> str:
        """Return what the guardrail measured, before and after."""
        measured = version.metrics.get("ndcg_at_10")
        if not measured:
            return "–"
        return f"{measured['base']:.4f} → {measured['finetuned']:.4f}"

    @admin.display(description=_("found in the cache"))
    def cache_hits(self, version: ModelVersion) -> str:
        """Return of how many answers, as Redis remembers them for a month, what share was kept."""
        found = read_model_lookups(version_id=version.pk, sha256=version.sha256)
        if found.hit_rate is None:
            return "–"
        return f"{100 * found.hit_rate:.1f} % ({found.hits:,} / {found.hits + found.misses:,})"

    @admin.display(description=_("measurements"))
    def measurements(self, version: ModelVersion) -> SafeString:
        """Return what was measured, as JSON."""
        shown = {name: value for name, value in version.metrics.items() if name != "card"}
        return _render_json(shown)

    @admin.display(description=_("card"))
    def card(self, version: ModelVersion) -> SafeString:
        """Return the model's card: its data, training, results and terms."""
        return _render_json(version.metrics.get("card", {}))

    @admin.action(description=_("Serve the selected version"), permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Serve the one version that is selected."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Select exactly one version."), messages.ERROR)
            return
        try:
            version = services.activate_model_version(version_id=chosen[0].pk)
        except (services.UnknownModelVersionError, services.UnusableModelError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        self.message_user(request, _("Now served: %(model)s.") % {"model": version})

    @admin.action(description=_("Roll back to the version served before"), permissions=["activate"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:  # noqa: ARG002
        """Serve the version that was served before the active one, whatever is selected."""
        try:
            version = services.roll_back()
        except (services.UnknownModelVersionError, services.UnusableModelError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        self.message_user(request, _("Rolled back. Now served: %(model)s.") % {"model": version})

    @action(description=_("Queues and workers"), url_path="queues")  # type: ignore[untyped-decorator]
    def open_queues(self, request: HttpRequest) -> HttpResponseRedirect:  # noqa: ARG002
        """Go to the queues' page."""
        return redirect("django_rq:home")


@admin.register(TasteProfile)
class TasteProfileAdmin(ReadOnlyAdmin, LargeTableAdmin):
    """The genres people chose, and the version of their taste."""

    list_display = ["user", "version", "onboarded_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(HiddenMovie)
class HiddenMovieAdmin(ReadOnlyAdmin, LargeTableAdmin):
    """Films people do not want to be shown."""

    list_display = ["user", "movie", "hidden_at"]
    list_select_related = ["user", "movie"]
    search_fields = ["user__username"]


def _render_json(value: Any) -> SafeString:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html("<pre>{}</pre>", text)
