"""Marks of films that other apps keep and exports hold: those apps register how to bring them back.

A mark is one row a person and film, with the time it was made. An app registers from its
``AppConfig.ready``, under one of the names in ``catalog.importing.kinds.MARKS``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from accounts.models import User
from catalog.import_models import ImportedFilm
from catalog.importing.kinds import MARKS

Times = Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class Marker:
    """How films get a mark and lose it, each in the caller's transaction.

    `add` returns the films that had no such mark; `remove` takes only marks of the very time, for
    others were made since, and returns how many it took.
    """

    add: Callable[[User, Times], set[int]]
    remove: Callable[[User, Times], int]


_markers: dict[str, Marker] = {}


def register_marker(name: str, marker: Marker) -> None:
    """Have imports bring back marks of this name.

    Raises:
        ImproperlyConfigured: No export has such marks, or another marker has this name.
    """
    if name not in MARKS or _markers.setdefault(name, marker) != marker:
        raise ImproperlyConfigured(f"no marker may be called {name!r}, or two are")


def add_marks(owner: User, films: Iterable[ImportedFilm]) -> dict[str, int]:
    """Mark films as the import says; they keep the marks that are new. Return how many by name."""
    films, now = list(films), timezone.now()
    counts: dict[str, int] = {}
    made: dict[int, dict[str, str]] = defaultdict(dict)
    for name in MARKS:
        times = {
            film.movie_id: datetime.fromisoformat(film.marks[name]) if film.marks[name] else now
            for film in films
            if name in film.marks and film.movie_id is not None
        }
        marker = _markers.get(name)
        new = marker.add(owner, times) if marker and times else set[int]()
        counts[name] = len(new)
        for movie_id in new:
            made[movie_id][name] = times[movie_id].isoformat()
    for film in films:
        film.marks = made.get(film.movie_id or 0, {})
    return counts


def remove_marks(owner: User, films: Iterable[ImportedFilm]) -> dict[str, int]:
    """Take the marks away that an import made and nobody made anew; return how many by name."""
    films = list(films)
    counts: dict[str, int] = {}
    for name, marker in _markers.items():
        times = {
            film.movie_id: datetime.fromisoformat(film.marks[name])
            for film in films
            if film.marks.get(name) and film.movie_id is not None
        }
        counts[name] = marker.remove(owner, times) if times else 0
    return counts
