"""The tag that shows a film's card where a page shows many."""

from functools import lru_cache
from typing import cast

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from catalog.card_moulds import CardPage, Kind, Mould, cast_mould, fill_mould, make_sample
from catalog.origins import make_origin_query
from catalog.shelves import ShelfMovie
from catalog.templatetags.movies import poster_url

register = template.Library()

CARD = "catalog/_card.html"
# What `csrf_token` shows nothing for.
_NO_TOKEN = "NOTPROVIDED"  # noqa: S105 - Django's word for none


@register.simple_tag(takes_context=True)
def film_card(context: template.Context, film: ShelfMovie) -> SafeString:
    """Return what `{% include "catalog/_card.html" %}` would, made from one mould a kind."""
    token, origin = str(context.get("csrf_token") or ""), context.get("origin") or ""
    page = CardPage(
        token="" if token == _NO_TOKEN else token,
        address=str(context.get("page_address") or ""),
        # What is no recommendation's id leads nowhere, here as in links.
        origin=origin if make_origin_query(origin) else "",
    )
    engine = cast(template.Template, context.template).engine
    mould = _get_mould(engine.get_template(CARD), Kind.of(film, page), get_language())
    return fill_mould(mould, film, page, poster_url=poster_url)


# Both languages' kinds that a site has at most; a page has about eight.
@lru_cache(maxsize=512)
def _get_mould(
    card: template.Template,
    kind: Kind,
    language: str | None,  # noqa: ARG001 - the labels are in it
) -> Mould:
    """Return the mould of a kind; a template that was loaded anew has moulds of its own."""
    film, page = make_sample(kind)
    text = card.render(
        template.Context(
            {
                "film": film,
                "csrf_token": page.token,
                "page_address": page.address,
                "origin": page.origin,
            }
        )
    )
    return cast_mould(text, film, page, poster_url=poster_url)
