"""Films' facts in the admin site: people, services, and fetching from TMDB."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline

from accounts.large_tables import LargeTableAdmin
from catalog.fact_models import Availability, Credit, Person, Service
from catalog.models import Movie
from catalog.services import bump_catalogue_version
from catalog.tmdb.queueing import queue_fetching
from catalog.tmdb.requesting import is_tmdb_on, request_films


class CreditInline(TabularInline):  # type: ignore[misc]
    """Who made a film; what TMDB says changes with it, what is added here stays."""

    model = Credit
    fields = ["person", "job", "order", "character", "source"]
    readonly_fields = ["source"]
    autocomplete_fields = ["person"]
    extra = 0


class AvailabilityInline(TabularInline):  # type: ignore[misc]
    """Where a film can be watched."""

    model = Availability
    fields = ["service", "country", "offer", "source"]
    readonly_fields = ["source"]
    autocomplete_fields = ["service"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Availability]:
        """Fetch the services along."""
        offers: QuerySet[Availability] = super().get_queryset(request)
        return offers.select_related("service")


@admin.action(description=gettext_lazy("Fetch facts from TMDB"), permissions=["change"])
def fetch_facts(
    modeladmin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Movie],
) -> None:
    """Have a worker ask TMDB about the chosen movies, and say what will happen."""
    if not is_tmdb_on():
        text = _("There is no TMDB_API_KEY: see “Facts of films” in docs/operations.md.")
        modeladmin.message_user(request, text, messages.ERROR)
        return
    chosen = list(queryset.values_list("pk", flat=True))
    count = request_films(chosen)
    queue_fetching()
    if count:
        text = ngettext(
            "%(count)s film will be fetched within a minute or so.",
            "%(count)s films will be fetched, which may take some minutes.",
            count,
        ) % {"count": count}
        modeladmin.message_user(request, text, messages.SUCCESS)
    if missing := len(chosen) - count:
        text = ngettext(
            "%(count)s film has no TMDB id and was left out.",
            "%(count)s films have no TMDB id and were left out.",
            missing,
        ) % {"count": missing}
        modeladmin.message_user(request, text, messages.WARNING)


@admin.register(Person)
class PersonAdmin(LargeTableAdmin):
    """People of films, by name."""

    list_display = ["name", "tmdb_id"]
    search_fields = ["name"]
    ordering = ["name", "pk"]


@admin.register(Service)
class ServiceAdmin(ModelAdmin):  # type: ignore[misc]
    """Streaming services: of TMDB, of an operator's file, or added here."""

    list_display = ["name", "slug", "tmdb_id"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        """Save, and make what was cached stale."""
        super().save_model(request, obj, form, change)
        bump_catalogue_version()

    def delete_model(self, request: HttpRequest, obj: Service) -> None:
        """Delete with its offers, and make what was cached stale."""
        super().delete_model(request, obj)
        bump_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        """Delete several, and make what was cached stale."""
        super().delete_queryset(request, queryset)
        bump_catalogue_version()


def describe_tmdb(movie: Movie) -> str:
    """Return in a line what TMDB was asked about a movie and what became of it."""
    record = getattr(movie, "tmdb", None)
    if record is None:
        return _("never asked")
    parts = [record.error]
    if record.fetched_at:
        parts.append(_("fetched %(day)s") % {"day": f"{record.fetched_at:%Y-%m-%d}"})
    if record.requested_at:
        parts.append(_("waiting for a worker"))
    return "; ".join(part for part in parts if part) or _("nothing known")
