"""Template tags for the sources of films' facts."""

import time
from functools import lru_cache

from django import template
from django.conf import settings

from catalog.tmdb.requesting import are_facts_kept

register = template.Library()

LOOK_SECONDS = 60


@register.simple_tag
def uses_tmdb() -> bool:
    """Return whether pages may show anything of TMDB's, so that they must say so.

    That is while there is a key, and after it was taken away until the last fact is forgotten.
    """
    return bool(settings.TMDB_API_KEY) or _look(int(time.monotonic() // LOOK_SECONDS))


@lru_cache(maxsize=1)
def _look(moment: int) -> bool:
    """Return whether any fact is kept; looked up once a minute and process."""
    del moment
    return are_facts_kept()
