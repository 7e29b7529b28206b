"""Template tags for the sources of films' facts."""

import time
from functools import lru_cache

from django import template
from django.conf import settings

from catalog.fact_models import TmdbRecord

register = template.Library()

LOOK_SECONDS = 600


@register.simple_tag
def uses_tmdb() -> bool:
    """Return whether pages may show anything of TMDB's, so that they must say so.

    That is while there is a key, and after it was taken away until the last fact is forgotten.
    """
    return bool(settings.TMDB_API_KEY) or _has_facts(int(time.monotonic() // LOOK_SECONDS))


@lru_cache(maxsize=1)
def _has_facts(moment: int) -> bool:
    """Return whether any fact is kept; looked at once in ten minutes and process."""
    del moment
    return TmdbRecord.objects.filter(fetched_at__isnull=False).exists()
