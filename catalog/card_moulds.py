"""Cards of many films on a page: the template is rendered once for each kind, then filled in.

A page shows a hundred cards that differ in six values, and rendering the same template for each was
nine tenths of its time. So a made-up film whose values cannot be mistaken for anything else goes
through the template once for every kind of card, `_card.html` stays the only place that knows how a
card looks, and its forms' addresses are resolved once a page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.template.defaultfilters import floatformat
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.selectors import MovieCard
from catalog.shelves import ShelfMovie

# Values that no page has by itself: a number beyond all ids that addresses take, a digest that no
# picture has, and letters for private use.
_ID = 907_199_247
_POSTER_KEY = "fedcba9876543210"
_TITLE, _YEAR, _RUNTIME, _REASON = "\ue0f1", "\ue0f2", "\ue0f3", "\ue0f4"
_MEAN, _STARS = 734_512.5, Decimal("934512.5")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a card of a film has: cards of one kind differ in their values alone."""

    has_year: bool
    has_runtime: bool
    has_reason: bool
    has_mean: bool
    has_stars: bool
    is_on_watchlist: bool
    poster_key: str

    @classmethod
    def of(cls, film: ShelfMovie) -> "Kind":
        """Return the kind of a film's card; a poster kept as a picture makes a kind of its own."""
        return cls(
            has_year=bool(film.card.year),
            has_runtime=bool(film.card.runtime_minutes),
            has_reason=bool(film.reason),
            has_mean=bool(film.card.rating_mean),
            has_stars=bool(film.stars),
            is_on_watchlist=film.is_on_watchlist,
            poster_key=_POSTER_KEY if film.card.poster_key else "",
        )


@dataclass(frozen=True, slots=True)
class Mould:
    """A rendered card as its constant pieces, and the names of the values between them."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, values: dict[str, str]) -> SafeString:
        """Return the card with these values, which are escaped already."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (values[name], piece)
        return mark_safe("".join(parts))  # noqa: S308 - a template's output and escaped values


PosterUrl = Callable[[MovieCard], str]


def make_sample(kind: Kind) -> ShelfMovie:
    """Return the made-up film of a kind."""
    card = MovieCard(
        id=_ID,
        title=_TITLE,
        year=_YEAR if kind.has_year else None,  # type: ignore[arg-type]
        genres=(),
        rating_count=0,
        rating_mean=_MEAN if kind.has_mean else None,
        runtime_minutes=_RUNTIME if kind.has_runtime else None,  # type: ignore[arg-type]
        poster_key=kind.poster_key,
    )
    return ShelfMovie(
        card=card,
        stars=_STARS if kind.has_stars else None,
        is_on_watchlist=kind.is_on_watchlist,
        reason=_REASON if kind.has_reason else "",
    )


def cast_mould(text: str, sample: ShelfMovie, *, poster_url: PosterUrl) -> Mould:
    """Return the mould of a card that was rendered for the sample."""
    found = {value: name for name, value in _read_values(sample, poster_url).items() if value}
    # The longest first: the address of the poster holds the id.
    pattern = "|".join(re.escape(value) for value in sorted(found, key=len, reverse=True))
    parts = re.split(f"({pattern})", text)
    return Mould(tuple(parts[::2]), tuple(found[value] for value in parts[1::2]))


def fill_mould(mould: Mould, film: ShelfMovie, *, poster_url: PosterUrl) -> SafeString:
    """Return the card of a film of the mould's kind."""
    return mould.fill(_read_values(film, poster_url))


def _read_values(film: ShelfMovie, poster_url: PosterUrl) -> dict[str, str]:
    """Return what differs from card to card, as the template shows it."""
    card = film.card
    return {
        "poster": conditional_escape(poster_url(card)),
        "id": str(card.id),
        "title": conditional_escape(card.title),
        "year": str(card.year or ""),
        "runtime": str(card.runtime_minutes or ""),
        "reason": conditional_escape(film.reason),
        "mean": floatformat(card.rating_mean, 1) if card.rating_mean else "",
        "stars": floatformat(film.stars, "-1") if film.stars else "",
    }
