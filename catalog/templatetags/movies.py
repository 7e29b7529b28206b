"""Template tags for films, stars and icons."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.genre_names import say_genres
from catalog.origins import make_origin_query
from catalog.posters import compute_poster_key
from catalog.selectors import MovieCard

register = template.Library()

# Drawn for this site on a grid of 24.
_ICONS = {
    "bookmark": '<path d="M6 3.5h12V21l-6-4.5L6 21z"/>',
    "hide": '<path d="M4 4l16 16M10 5.2a9.6 9.6 0 0 1 11.5 6.8 10 10 0 0 1-2 3.4M6.3 7.2A10 10 0 0 '
    '0 2.5 12a9.8 9.8 0 0 0 12.8 6.2M9.9 9.9a3 3 0 0 0 4.2 4.2"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/>',
    "star": '<path d="M12 2.6l2.9 6.2 6.8.8-5 4.7 1.3 6.7-6-3.3L6 21l1.3-6.7-5-4.7 6.8-.8z"/>',
    "home": '<path d="M3 11.5 12 4l9 7.5M5.5 10v10h13V10"/>',
    "browse": '<rect x="4" y="4" width="7" height="7" rx="1.5"/><rect x="13" y="4" width="7" '
    'height="7" rx="1.5"/><rect x="4" y="13" width="7" height="7" rx="1.5"/><rect x="13" y="13" '
    'width="7" height="7" rx="1.5"/>',
    "taste": '<path d="M4 20V10M10 20V4M16 20v-7M21 20H3"/>',
    "up": '<path d="M12 20V4M5 11l7-7 7 7"/>',
    "down": '<path d="M12 4v16M5 13l7 7 7-7"/>',
    "cross": '<path d="M5 5l14 14M19 5 5 19"/>',
    "night": '<circle cx="8" cy="8" r="3.5"/><circle cx="17" cy="9.5" r="2.5"/><path d="M2 20c0-4 '
    '2.5-6.5 6-6.5s6 2.5 6 6.5M15.5 14.2c3.5-.6 6.5 1.3 6.5 5.8"/>',
    "arrow": '<path d="M4 12h15M13 6l6 6-6 6"/>',
}


@register.simple_tag
def icon(name: str, *, is_filled: bool = False) -> SafeString:
    """Return an icon that screen readers pass over."""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        " icon--filled" if is_filled else "",
        mark_safe(_ICONS[name]),  # noqa: S308 - our own constant
    )


@register.simple_tag
def origin_query(origin: str = "") -> str:
    """Return what makes a link or form say which recommendation it stands in, if any."""
    return make_origin_query(origin or "")


@register.filter
def poster_url(card: MovieCard, size: str = "small") -> str:
    """Return the address of a film's poster, which changes when the poster does.

    A picture where one is kept, "small" for a card or "large" for the head of a page; else drawn.
    """
    if card.poster_key:
        return reverse("kept_poster", args=[card.id, card.poster_key, size])
    before, between, after = _split_poster_address(get_script_prefix(), get_urlconf())
    key = compute_poster_key(title=card.title, year=card.year, genres=card.genres)
    return f"{before}{card.id}{between}{key}{after}"


@lru_cache(maxsize=8)
def _split_poster_address(
    prefix: str,  # noqa: ARG001 - `reverse` puts it before all
    urlconf: str | None,
) -> tuple[str, str, str]:
    """Return what stands around id and key in a drawn poster's address: a page has a hundred."""
    number, key = "907199247", "0f1e2d3c"
    before, _, rest = reverse("poster", urlconf, args=[number, key]).partition(number)
    between, _, after = rest.partition(key)
    return before, between, after


@register.filter(name="genres")
def genres_filter(names: Iterable[str]) -> str:
    """Return the names of genres in the present language, with commas."""
    return say_genres(names)


@register.simple_tag
def card_genres(
    names: Sequence[str], *, chosen: Collection[str] = (), reason: str = "", most: int = 3
) -> str:
    """Return some genres of a film: first those chosen, then those its reason names.

    A reason says the name of a genre in the present language, as the result does.
    """

    def rank(name: str) -> int:
        if name in chosen:
            return 0
        return 1 if re.search(rf"\b{re.escape(_(name))}\b", reason) else 2

    return say_genres(sorted(names, key=rank)[:most])


@dataclass(frozen=True, slots=True)
class StarChoice:
    """One of the ten radio buttons."""

    value: str
    label: str
    is_checked: bool


def format_stars(stars: Decimal | float) -> str:
    """Return "half a star", "1 star", "3.5 stars"."""
    value = float(stars)
    if value == 0.5:
        return _("half a star")
    if value == 1:
        return _("1 star")
    return _("%(number)s stars") % {"number": number_format(f"{value:g}")}


@register.filter(name="stars")
def stars_filter(stars: Decimal | float | None) -> str:
    """Return the stars in words."""
    return "" if stars is None else format_stars(stars)


@register.simple_tag
def star_buttons(stars: Decimal | None, *, is_fresh: bool | str = False) -> SafeString:
    """Return the ten radio buttons of a rating, the present one checked, and focused if fresh."""
    return _render_star_buttons(get_language(), stars, bool(is_fresh))


@lru_cache(maxsize=256)
def _render_star_buttons(
    language: str,  # noqa: ARG001 - the labels are in it
    stars: Decimal | None,
    is_fresh: bool,
) -> SafeString:
    """Render them once for each of the eleven ratings: a page may have two hundred of them."""
    halves = [Decimal(half) / 2 for half in range(1, 11)]
    choices = [StarChoice(f"{half:.1f}", format_stars(half), half == stars) for half in halves]
    context = {"choices": choices, "is_fresh": is_fresh}
    return render_to_string("catalog/_star_buttons.html", context)


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """Return the numbers of pages to link to, with gaps."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag(takes_context=True)
def page_query(context: template.Context, number: int) -> str:
    """Return the query string of this page's address with another page number."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
