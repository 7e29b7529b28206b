"""What tests of the films for the evening send and read."""

import re
from collections.abc import Collection

from catalog.models import Movie
from catalog.services import bump_catalogue_version

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


def make_series(movie_ids: Collection[int]) -> None:
    """Give these films the titles of one series, and all others a title of their own."""
    for movie in Movie.objects.all():
        own = "".join("abcdefghij"[int(digit)] for digit in str(movie.pk))
        movie.title = f"Saga {movie.pk}" if movie.pk in movie_ids else own
        movie.save()
    bump_catalogue_version()
