"""The forms of a new password: allauth's, with what else somebody who got in may have left."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import get_active_tokens
from accounts.tokens import revoke_all_api_tokens


class _TokenRevokingForm(forms.Form):
    """Revokes the person's API tokens unless told not to; they know no password to go with."""

    user: User | None
    revokes_tokens = forms.BooleanField(
        label=_("Revoke my API tokens too; apps that use one will need a new one"),
        initial=True,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.user is None or not get_active_tokens(user=self.user).exists():
            del self.fields["revokes_tokens"]

    @transaction.atomic
    def save(self) -> None:
        """Keep the new password, and revoke the tokens."""
        super().save()  # type: ignore[misc]
        if self.user is not None and self.cleaned_data.get("revokes_tokens"):
            revoke_all_api_tokens(user=self.user)


class ChangePasswordForm(_TokenRevokingForm, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """A new password of who knows the old one."""


class ResetPasswordKeyForm(_TokenRevokingForm, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password of who got a link by mail."""
