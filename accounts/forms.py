"""Forms of the account pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TokenForm(forms.Form):
    """The name of a new API token."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("So that you know it again, such as the app that will use it."),
    )
