"""Cards of many films on a page: the template is rendered once for each kind, then filled in.

A page shows a hundred cards that differ in a few values, and rendering the same template for each
was nine tenths of its time. So a made-up film whose values cannot be mistaken for anything else
goes through the template once for every kind of card, on a made-up page; `_card.html` stays the
only place that knows how a card looks. Nothing of a real film, page or person is in a mould, so it
serves everybody for as long as the process lives.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.template.defaultfilters import floatformat
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from catalog.selectors import MovieCard
from catalog.shelves import ShelfMovie

# Values that no page has by itself: a number beyond all ids that addresses take, digests that no
# picture and no recommendation has, and letters for private use.
_ID = 907_199_247
_POSTER_KEY = "fedcba9876543210"
_TITLE, _YEAR, _REASON = "\ue0f1", "\ue0f2", "\ue0f3"
_MEAN, _STARS = 734_512.5, Decimal("934512.5")
_TOKEN, _ADDRESS, _ORIGIN = "\ue0f4", "\ue0f5", "5afe0ff1ce" * 3 + "5a"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a card of a film has: cards of one kind differ in their values alone.

    `has_token` and `has_origin` are of the page: whether it has a token for its forms, and whether
    the card stands in a recommendation.
    """

    has_year: bool
    has_reason: bool
    has_mean: bool
    has_stars: bool
    is_on_watchlist: bool
    has_poster: bool
    has_token: bool
    has_origin: bool

    @classmethod
    def of(cls, film: ShelfMovie, page: "CardPage") -> "Kind":
        """Return the kind of a film's card; a poster kept as a picture makes a kind of its own."""
        card = film.card
        return cls(
            bool(card.year),
            bool(film.reason),
            bool(card.rating_mean),
            bool(film.stars),
            film.is_on_watchlist,
            bool(card.poster_key),
            bool(page.token),
            bool(page.origin),
        )


@dataclass(frozen=True, slots=True)
class CardPage:
    """What the page gives its cards: a forms' token, its own address, a recommendation's id."""

    token: str
    address: str
    origin: str


@dataclass(frozen=True, slots=True)
class Mould:
    """A rendered card as its constant pieces, and the names of the values between them."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> SafeString:
        """Return the card with these values, which are escaped already."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (values[name], piece)
        return mark_safe("".join(parts))  # noqa: S308 - a template's output and escaped values


PosterUrl = Callable[[MovieCard], str]


def make_sample(kind: Kind) -> tuple[ShelfMovie, CardPage]:
    """Return the made-up film of a kind, and the page it stands on."""
    card = MovieCard(
        id=_ID,
        title=_TITLE,
        year=_YEAR if kind.has_year else None,  # type: ignore[arg-type]
        genres=(),
        rating_count=0,
        rating_mean=_MEAN if kind.has_mean else None,
        runtime_minutes=None,
        poster_key=_POSTER_KEY if kind.has_poster else "",
    )
    film = ShelfMovie(
        card=card,
        stars=_STARS if kind.has_stars else None,
        is_on_watchlist=kind.is_on_watchlist,
        reason=_REASON if kind.has_reason else "",
    )
    page = CardPage(
        token=_TOKEN if kind.has_token else "",
        address=_ADDRESS,
        origin=_ORIGIN if kind.has_origin else "",
    )
    return film, page


def cast_mould(text: str, film: ShelfMovie, page: CardPage, *, poster_url: PosterUrl) -> Mould:
    """Return the mould of a card that was rendered for a sample."""
    values = _read_values(film, page, poster_url)
    found = {value: name for name, value in values.items() if value}
    # The longest first: the address of the poster holds the id.
    pattern = "|".join(re.escape(value) for value in sorted(found, key=len, reverse=True))
    parts = re.split(f"({pattern})", text)
    return Mould(tuple(parts[::2]), tuple(found[value] for value in parts[1::2]))


def fill_mould(
    mould: Mould, film: ShelfMovie, page: CardPage, *, poster_url: PosterUrl
) -> SafeString:
    """Return the card of a film of the mould's kind."""
    return mould.fill(_read_values(film, page, poster_url))


def _read_values(film: ShelfMovie, page: CardPage, poster_url: PosterUrl) -> dict[str, str]:
    """Return what differs from card to card, as the template shows it."""
    card, language = film.card, get_language()
    return {
        "poster": conditional_escape(poster_url(card)),
        "id": str(card.id),
        "title": conditional_escape(card.title),
        "year": str(card.year or ""),
        "reason": conditional_escape(film.reason),
        "mean": _write_number(card.rating_mean, "1", language) if card.rating_mean else "",
        "stars": _write_number(film.stars, "-1", language) if film.stars else "",
        "token": page.token,
        "address": conditional_escape(page.address),
        "origin": page.origin,
    }


# So many films' means, half a megabyte: a page asks for a hundred, most of them well known.
@lru_cache(maxsize=4096)
def _write_number(
    number: float | Decimal,
    digits: str,
    language: str | None,  # noqa: ARG001 - it has its own comma
) -> str:
    return floatformat(number, digits)
