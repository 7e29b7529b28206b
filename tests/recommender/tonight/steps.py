"""What tests of the films for the evening send and read."""

import re

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?minutes=100"}
HISTORY = (20, 23, 26, 29, 32)


def get_picks(page: str) -> list[int]:
    """Return the ids of the films suggested for the evening, in order."""
    return [int(pk) for pk in re.findall(r'id="pick-(\d+)"', page)]
