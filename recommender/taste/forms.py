"""What the form of the taste page sends: how the dials stand, and genres not to be shown."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from recommender.dials import DIALS, Dials
from recommender.models import MOST_YEARS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STOPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
# How much of an order films may gain or lose for being unlike those before them.
VARIETIES = ((0.0, _("The best first, however alike")), (0.5, _("More")), (0.8, _("Much more")))
USUAL = ("", _("As usual"))


def _find_nearest(value: float, choices: Iterable[float]) -> float:
    return min(choices, key=lambda choice: abs(choice - value))


def _make_dial(label: "str | _StrPromise", *words: "str | _StrPromise") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=list(zip(STOPS, words, strict=True)),
        coerce=float,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where it stands.")},
    )


class TasteForm(forms.Form):
    """The dials of a taste, each from one end to the other in five stops."""

    obscurity = _make_dial(
        _("Popular or obscure"),
        _("far more popular"),
        _("more popular"),
        _("as it comes"),
        _("more obscure"),
        _("far more obscure"),
    )
    adventure = _make_dial(
        _("Safe or adventurous"),
        _("far safer"),
        _("safer"),
        _("as it comes"),
        _("bolder"),
        _("far bolder"),
    )
    newness = _make_dial(
        _("Old or new"),
        _("far older"),
        _("older"),
        _("as it comes"),
        _("newer"),
        _("far newer"),
    )
    variety = forms.TypedChoiceField(
        label=_("Variety"),
        required=False,
        choices=[USUAL, *VARIETIES],
        coerce=float,
        empty_value=None,
    )
    last_years = forms.IntegerField(
        label=_("Only films of the last years"),
        required=False,
        min_value=1,
        max_value=MOST_YEARS,
        help_text=_("How many years; empty for any. Films of unknown year come last."),
    )
    genre = forms.TypedMultipleChoiceField(
        label=_("Never show"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("There is no such genre.")},
    )

    def offer_genres(self, genres: Iterable[tuple[int, str]]) -> None:
        """Say which genres there are to exclude, by id and name."""
        field = self.fields["genre"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - it is, above
        field.choices = list(genres)

    @property
    def dials(self) -> Dials:
        """The dials as they were sent; of a valid form alone."""
        return Dials(**{name: self.cleaned_data[name] for name in DIALS})


def describe_dials(dials: Dials) -> dict[str, object]:
    """Return what the form shows for dials: each at the stop that is nearest."""
    shares = [share for share, _name in VARIETIES]
    return {
        "obscurity": _find_nearest(dials.obscurity, STOPS),
        "adventure": _find_nearest(dials.adventure, STOPS),
        "newness": _find_nearest(dials.newness, STOPS),
        "variety": "" if dials.variety is None else _find_nearest(dials.variety, shares),
        "last_years": dials.last_years,
    }
