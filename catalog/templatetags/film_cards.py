"""The tag that shows a film's card where a page shows many."""

from typing import Any, cast

from django import template
from django.utils.safestring import SafeString

from catalog.card_moulds import Kind, Mould, cast_mould, fill_mould, make_sample
from catalog.shelves import ShelfMovie
from catalog.templatetags.movies import poster_url

register = template.Library()

CARD = "catalog/_card.html"
_KEPT = "film_card_moulds"
Moulds = dict[tuple[Kind, Any], Mould]


@register.simple_tag(takes_context=True)
def film_card(context: template.Context, film: ShelfMovie) -> SafeString:
    """Return what `{% include "catalog/_card.html" %}` would, made from one mould a page and kind.

    Moulds last as long as the rendering of a page: what its cards share, such as its own address
    and the recommendation they stand in, is part of them.
    """
    moulds = _get_moulds(context)
    key = Kind.of(film), context.get("origin")
    mould = moulds.get(key)
    if mould is None:
        sample = make_sample(key[0])
        engine = cast(template.Template, context.template).engine
        with context.push(film=sample):
            text = engine.get_template(CARD).render(context)
        mould = moulds[key] = cast_mould(text, sample, poster_url=poster_url)
    return fill_mould(mould, film, poster_url=poster_url)


def _get_moulds(context: template.Context) -> Moulds:
    """Return the moulds of the page: the lowest layer of its memory is every template's of it."""
    memory = cast(dict[str, Any], context.render_context.dicts[0])
    return cast(Moulds, memory.setdefault(_KEPT, {}))
