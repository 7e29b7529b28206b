"""How one's own ratings and watchlist are put in order; what is no choice counts as not given."""

from typing import ClassVar

from django import forms
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from catalog.forms import STARS
from catalog.templatetags.movies import format_stars

Order = tuple[str | OrderBy, ...]


def _get_star_choices() -> list[tuple[str, str]]:
    return [("", str(_("Any stars")))] + [(half, format_stars(float(half))) for half in STARS[::-1]]


class RatingsForm(forms.Form):
    """Which of one's ratings, and in what order."""

    ORDERS: ClassVar[dict[str, Order]] = {
        "": ("-watched_at", "-id"),
        "first": ("watched_at", "id"),
        "changed": ("-updated_at", "-id"),
        "best": ("-stars", "-watched_at", "-id"),
        "worst": ("stars", "-watched_at", "-id"),
        "title": ("movie__search_title", "id"),
        "newest": (F("movie__year").desc(nulls_last=True), "movie__search_title"),
        "oldest": (F("movie__year").asc(nulls_last=True), "movie__search_title"),
    }

    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Last watched")),
            ("first", _("First watched")),
            ("changed", _("Last rated")),
            ("best", _("Most stars")),
            ("worst", _("Fewest stars")),
            ("title", _("Title")),
            ("newest", _("Newest film")),
            ("oldest", _("Oldest film")),
        ],
    )
    stars = forms.ChoiceField(label=_("Stars"), required=False, choices=_get_star_choices)


class WatchlistForm(forms.Form):
    """In what order to show one's watchlist."""

    ORDERS: ClassVar[dict[str, Order]] = {
        "": ("-added_at", "-id"),
        "first": ("added_at", "id"),
        "best": (F("movie__rating_mean").desc(nulls_last=True), "-id"),
        "short": (F("movie__runtime_minutes").asc(nulls_last=True), "movie__search_title"),
        "title": ("movie__search_title", "id"),
        "newest": (F("movie__year").desc(nulls_last=True), "movie__search_title"),
        "oldest": (F("movie__year").asc(nulls_last=True), "movie__search_title"),
    }

    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Last added")),
            ("first", _("First added")),
            ("best", _("Best rated")),
            ("short", _("Shortest")),
            ("title", _("Title")),
            ("newest", _("Newest film")),
            ("oldest", _("Oldest film")),
        ],
    )
