"""What tests of the films for the evening send and read."""

import re

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?minutes=100"}
HISTORY = (20, 23, 26, 29, 32)


def get_cards(page: str) -> list[int]:
    """Return the ids of the films in the rows of a page, in order."""
    return [int(pk) for pk in re.findall(r'id="film-(\d+)"', page)]


def get_removed(fragment: str) -> set[int]:
    """Return the ids of the films whose cards htmx takes out of the rows."""
    [said] = re.findall(r'hx-swap-oob="delete:([^"]*)"', fragment)
    return {int(pk) for pk in re.findall(r"#film-(\d+)", said)}


def get_picks(page: str) -> list[int]:
    """Return the ids of the films suggested for the evening, in order."""
    return [int(pk) for pk in re.findall(r'id="pick-(\d+)"', page)]
