"""People and API tokens in the admin site."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.large_tables import LargeTableAdmin
from accounts.models import ApiToken, User
from accounts.personal_data import run_erasers
from accounts.services import UnknownApiTokenError, revoke_api_token

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of people with permissions."""


class KindFilter(SimpleListFilter):
    """Members, unless guests or imported people are asked for."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        """Return what can be chosen besides members."""
        return [("guest", _("guests")), ("imported", _("imported people")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        """Name the choice that is made by default."""
        choices = list(super().choices(changelist))
        choices[0]["display"] = _("members")
        return iter(choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:  # noqa: ARG002
        """Narrow the list."""
        chosen = self.value()
        if chosen == "guest":
            return queryset.filter(is_guest=True)
        if chosen == "imported":
            return queryset.exclude(dataset="")
        return queryset if chosen == "all" else queryset.filter(is_guest=False, dataset="")


@admin.register(User)
class UserAdmin(BaseUserAdmin, LargeTableAdmin):  # type: ignore[misc,type-arg]
    """People; only members can log in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = [KindFilter, "is_staff", "is_superuser", "is_active", "allows_training"]
    search_fields = ["username", "email"]
    ordering = ["-pk"]  # type: ignore[assignment,misc]
    readonly_fields = ["is_guest", "expires_at", "dataset", "dataset_user_id"]
    fieldsets = [
        *BaseUserAdmin.fieldsets,  # type: ignore[misc]
        (_("MovieShow"), {"fields": ["allows_training", *readonly_fields]}),
    ]

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Change the password of others here; one's own on the page that asks for the old one."""
        if request.user == self.get_object(request, unquote(id)):
            return redirect("account_change_password")
        return super().user_change_password(request, id, form_url)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete a person and, as where they do it themselves, what does not go with the row."""
        with transaction.atomic():
            run_erasers(user=obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the people selected in the list likewise."""
        with transaction.atomic():
            for person in queryset:
                run_erasers(user=person)
            super().delete_queryset(request, queryset)


@admin.register(ApiToken)
class ApiTokenAdmin(LargeTableAdmin):
    """API tokens: people make their own; here they are seen and revoked. No key is ever shown."""

    list_display = ["name", "user", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "user__username"]
    fields = ["name", "user", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody makes a token for somebody else."""
        return False

    def get_readonly_fields(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: ApiToken | None = None,  # noqa: ARG002
    ) -> list[str]:
        """Nothing of a token can be edited."""
        return list(self.fields)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Close tokens for good."""
        revoked = 0
        for token in queryset.select_related("user"):
            try:
                revoke_api_token(user=token.user, token_id=token.pk)
            except UnknownApiTokenError:  # revoked before: what was asked for is so
                continue
            revoked += 1
        self.message_user(request, _("Revoked %(count)d tokens.") % {"count": revoked})
