"""The tag that shows a film's card where a page shows many."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from catalog.card_moulds import Kind, Mould, cast_mould, fill_mould, make_sample
from catalog.shelves import ShelfMovie
from catalog.templatetags.movies import poster_url

register = template.Library()

CARD = "catalog/_card.html"
_KEPT = "film_card_moulds"


@register.simple_tag(takes_context=True)
def film_card(context: template.Context, film: ShelfMovie) -> SafeString:
    """Return what `{% include "catalog/_card.html" %}` would, made from one mould a page and kind.

    Moulds last as long as the rendering of a page: what its cards share, such as its own address
    and the recommendation they stand in, is part of them.
    """
    moulds: dict[tuple[Kind, Any], Mould] = context.render_context.dicts[0].setdefault(_KEPT, {})
    key = Kind.of(film), context.get("origin")
    mould = moulds.get(key)
    if mould is None:
        sample = make_sample(key[0])
        with context.push(film=sample):
            text = context.template.engine.get_template(CARD).render(context)
        mould = moulds[key] = cast_mould(text, sample, poster_url=poster_url)
    return fill_mould(mould, film, poster_url=poster_url)
