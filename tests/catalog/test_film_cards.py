"""A card from a mould is the card that the template makes."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls.base import get_script_prefix, set_script_prefix
from django.utils import translation

from catalog.card_moulds import Mould, cast_mould
from catalog.selectors import MovieCard
from catalog.shelves import ShelfMovie
from catalog.templatetags import film_cards
from catalog.templatetags.movies import poster_url

ORIGIN = "a" * 32
INCLUDED = Template('{% for film in films %}{% include "catalog/_card.html" %}\n{% endfor %}')
MOULDED = Template("{% load film_cards %}{% for film in films %}{% film_card film %}\n{% endfor %}")


def make_films() -> list[ShelfMovie]:
    """Every mixture of what a card may have, with titles that must be escaped."""
    options = itertools.product(
        (None, 1999), (None, 88), ("", "Because <you> & I"), (None, 3.46), (None, Decimal("4.5")),
        (False, True), ("", "0123456789abcdef"),
    )  # fmt: skip
    return [
        ShelfMovie(
            card=MovieCard(
                id=number + 1,
                title=f'Film {number} & <b>"it\'s"</b>',
                year=year,
                genres=("Drama",),
                rating_count=3,
                rating_mean=mean,
                runtime_minutes=runtime,
                poster_key=key,
            ),
            stars=stars,
            is_on_watchlist=listed,
            reason=reason,
        )
        for number, (year, runtime, reason, mean, stars, listed, key) in enumerate(options)
    ]


def render(template: Template, **extra: Any) -> str:
    request = RequestFactory().get("/?x=1")
    shared = {"request": request, "csrf_token": "token", "page_address": "/?x=1"}
    return template.render(Context({**shared, "films": make_films(), **extra}))


@pytest.mark.parametrize("origin", ["", ORIGIN])
@pytest.mark.parametrize("language", ["en", "de"])
def test_cards_from_moulds_are_those_of_the_template(origin: str, language: str) -> None:
    with translation.override(language):
        assert render(MOULDED, origin=origin) == render(INCLUDED, origin=origin)


def test_template_is_rendered_once_a_kind_and_not_once_a_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    casts = []

    def count(*args: Any, **options: Any) -> Mould:
        casts.append(args)
        return cast_mould(*args, **options)

    monkeypatch.setattr(film_cards, "cast_mould", count)
    film_cards._get_mould.cache_clear()
    films = make_films()
    shared = {"csrf_token": "token", "page_address": "/"}
    for _ in range(2):
        text = MOULDED.render(Context({**shared, "films": films * 3}))
        assert text.count("</article>") == 3 * len(films)
    # How long a film is stands on no card.
    assert len(casts) == len(films) / 2 == 2**6


def test_card_holds_the_token_and_the_address_of_its_own_page() -> None:
    film = make_films()[0]
    for token, address in (("one", "/a?b=1&c=2"), ("two", "/d"), ("", "/e")):
        shared = {"film": film, "csrf_token": token, "page_address": address, "origin": ORIGIN}
        card = Template("{% load film_cards %}{% film_card film %}").render(Context(shared))
        assert card == Template('{% include "catalog/_card.html" %}').render(Context(shared))
        assert ('value="one"' in card) == (token == "one")


def test_poster_address_follows_the_prefix_that_the_site_is_served_under() -> None:
    card = make_films()[0].card
    plain = poster_url(card)
    before = get_script_prefix()
    set_script_prefix("/films/")
    try:
        assert poster_url(card) == f"/films{plain}"
    finally:
        set_script_prefix(before)
    assert poster_url(card) == plain


def test_origin_of_one_row_is_not_that_of_another() -> None:
    template = Template(
        "{% load film_cards %}{% film_card film %}{% with origin=other %}{% film_card film %}"
        "{% endwith %}"
    )
    film = make_films()[0]
    text = template.render(Context({"film": film, "origin": "", "other": ORIGIN}))
    first, second = text.split("</article>")[:2]
    assert ORIGIN not in first
    assert ORIGIN in second
