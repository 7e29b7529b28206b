"""How much one import may bring along: guests, whom anybody makes at will, far less than members.

What an import holds is kept for its review, found or not, and matching it holds a worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext_noop

from accounts.models import User
from catalog.importing.contents import Film, Upload
from catalog.importing.notes import UploadRefusedError

# Films, places on lists, and days together; and all characters of titles and notes.
MAX_PIECES_OF_GUESTS = 3_000
MAX_TEXT_OF_GUESTS = 1_000_000
SEARCHED_OF_GUESTS, SEARCH_SECONDS_OF_GUESTS = 1_000, 15.0


@dataclass(slots=True)
class SearchBudget:
    """For how many films, and how long, likenesses are looked for in the whole catalogue.

    That takes far longer than to look up a title, and others wait for the worker.
    """

    films: int = 20_000
    seconds: float = 60.0

    def take(self, wanted: Mapping[int, Film]) -> dict[int, Film]:
        """Return those that may still be looked for, first come first served."""
        taken = dict(islice(wanted.items(), self.films if self.seconds > 0 else 0))
        self.films -= len(taken)
        return taken


@dataclass(frozen=True, slots=True)
class _Size:
    pieces: int
    characters: int


def check_size(upload: Upload, *, user: User) -> None:
    """Check that an upload is not too much for who brings it.

    Raises:
        UploadRefusedError: It is a guest's and holds more than a guest may bring.
    """
    if not user.is_guest:
        return
    size = _measure(upload)
    if size.pieces > MAX_PIECES_OF_GUESTS or size.characters > MAX_TEXT_OF_GUESTS:
        raise UploadRefusedError(
            gettext_noop(
                "That is more than a guest can bring (%(most)s films, places on lists and days): "
                "sign up, then upload it again."
            ),
            most=f"{MAX_PIECES_OF_GUESTS:,}",
        )


def _measure(upload: Upload) -> _Size:
    places = [entry for one in upload.lists for entry in one.entries.values()]
    days = [day for film in upload.films for day in film.days.values()]
    texts = (
        *(film.title + film.note for film in upload.films),
        *(entry.note for entry in places),
        *(day["note"] for day in days),
    )
    return _Size(len(upload.films) + len(places) + len(days), sum(map(len, texts)))


def make_budget(*, user: User) -> SearchBudget:
    """Return how long likenesses are looked for on behalf of somebody."""
    if user.is_guest:
        return SearchBudget(films=SEARCHED_OF_GUESTS, seconds=SEARCH_SECONDS_OF_GUESTS)
    return SearchBudget()
