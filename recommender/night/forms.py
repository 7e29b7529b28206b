"""Forms of movie nights."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from recommender.night.models import NAME_LENGTH, MovieNight

JOINER = "\u200d"  # holds emoji together
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


class NameField(forms.CharField):
    """What the others see of somebody: one visible line."""

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "nickname"})
        super().__init__(label=_("Your name here"), max_length=NAME_LENGTH, widget=widget)

    def clean(self, value: object) -> str:
        """Return the name with single spaces.

        Raises:
            ValidationError: It is empty, too long, or has characters that cannot be seen.
        """
        name = " ".join(str(super().clean(value)).split())
        if any(char != JOINER and unicodedata.category(char) in INVISIBLE for char in name):
            raise ValidationError(_("Use letters, digits and signs that can be seen."))
        return name


class RuleForm(forms.Form):
    """How films are chosen."""

    rule = forms.ChoiceField(
        label=_("How films are chosen"),
        choices=MovieNight.Rule.choices,
        widget=forms.RadioSelect,
        initial=MovieNight.Rule.WITHOUT_MISERY,
    )
    allows_seen = forms.BooleanField(
        label=_("Also films that some of us have seen"), required=False
    )


class NightForm(RuleForm):
    """A new night: the host's name there, and how films are chosen."""

    name = NameField()


class JoinForm(forms.Form):
    """A name to join under."""

    name = NameField()
