"""Which recommendation a film was opened, rated or kept from: `?from=` in links and forms.

The id is opaque here. Nothing depends on it but the measuring of recommendations, so what is
malformed counts as not given.
"""

import re
from collections.abc import Mapping

ORIGIN_PARAMETER = "from"
_RECOMMENDATION_ID = re.compile(r"[0-9a-f]{32}")


def read_origin(query: Mapping[str, str]) -> str:
    """Return the id of the recommendation that a URL's query names, or an empty string."""
    given = query.get(ORIGIN_PARAMETER, "")
    return given if _RECOMMENDATION_ID.fullmatch(given) else ""


def make_origin_query(origin: str) -> str:
    """Return what to add to a link for it to name its recommendation; empty where there is none."""
    return f"?{ORIGIN_PARAMETER}={origin}" if _RECOMMENDATION_ID.fullmatch(origin) else ""
