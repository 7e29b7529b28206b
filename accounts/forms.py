"""Forms of the account pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class TokenForm(forms.Form):
    """The name of a new API token."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("So that you know it again, such as the app that will use it."),
    )


class DeletionForm(forms.Form):
    """The password of a member, or a guest's word, that all is to be deleted."""

    password = forms.CharField(
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    is_sure = forms.BooleanField(label=_("Yes, delete everything"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        has_password = user.is_member and user.has_usable_password()
        del self.fields["is_sure" if has_password else "password"]

    def clean_password(self) -> str:
        """Return the password if it is theirs.

        Raises:
            ValidationError: It is not.
        """
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("That is not your password."))
        return password
