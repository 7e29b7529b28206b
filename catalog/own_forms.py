"""How one's own ratings and watchlist are put in order; what is no choice counts as not given."""

from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from catalog.forms import STARS
from catalog.templatetags.movies import format_stars

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Order = tuple[str | OrderBy, ...]
Orders = dict[str, tuple["_StrPromise", Order]]

BY_FILM: Orders = {
    "title": (_("Title"), ("movie__search_title", "id")),
    "newest": (
        _("Newest film"),
        (F("movie__year").desc(nulls_last=True), "movie__search_title"),
    ),
    "oldest": (_("Oldest film"), (F("movie__year").asc(nulls_last=True), "movie__search_title")),
}


def _make_sort(orders: Orders) -> forms.ChoiceField:
    choices = [(key, label) for key, (label, _order) in orders.items()]
    return forms.ChoiceField(label=_("Sort by"), required=False, choices=choices)


def _get_star_choices() -> list[tuple[str, str]]:
    return [("", str(_("Any stars")))] + [(half, format_stars(float(half))) for half in STARS[::-1]]


class OwnForm(forms.Form):
    """In what order to show what is one's own; the first of `ORDERS` unless asked otherwise."""

    ORDERS: ClassVar[Orders]

    @property
    def order(self) -> Order:
        """The order asked for."""
        return self.ORDERS[self.cleaned_data.get("sort") or ""][1]


class RatingsForm(OwnForm):
    """Which of one's ratings, and in what order."""

    ORDERS: ClassVar[Orders] = {
        "": (_("Last watched"), ("-watched_at", "-id")),
        "first": (_("First watched"), ("watched_at", "id")),
        "changed": (_("Last rated"), ("-updated_at", "-id")),
        "best": (_("Most stars"), ("-stars", "-watched_at", "-id")),
        "worst": (_("Fewest stars"), ("stars", "-watched_at", "-id")),
        **BY_FILM,
    }
    sort = _make_sort(ORDERS)
    stars = forms.ChoiceField(label=_("Stars"), required=False, choices=_get_star_choices)


class WatchlistForm(OwnForm):
    """In what order to show one's watchlist."""

    ORDERS: ClassVar[Orders] = {
        "": (_("Last added"), ("-added_at", "-id")),
        "first": (_("First added"), ("added_at", "id")),
        "best": (_("Best rated"), (F("movie__rating_mean").desc(nulls_last=True), "-id")),
        "short": (
            _("Shortest"),
            (F("movie__runtime_minutes").asc(nulls_last=True), "movie__search_title"),
        ),
        **BY_FILM,
    }
    sort = _make_sort(ORDERS)
