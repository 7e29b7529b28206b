"""Films of an import that are the same movie become one."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from catalog.diary_models import MAX_MOVIE_NOTE
from catalog.import_models import ImportedFilm
from catalog.importing.days import merge_days


def fold_films(films: Iterable[ImportedFilm]) -> list[ImportedFilm]:
    """Return one film a movie, in the order of the history; what several say is put together."""
    by_movie: dict[int, ImportedFilm] = {}
    for film in films:
        assert film.movie_id is not None  # noqa: S101 - the query has seen to it
        first = by_movie.setdefault(film.movie_id, film)
        if first is not film:
            _take(first, film)
    now = timezone.now()
    return sorted(by_movie.values(), key=lambda film: (get_place(film) or now, film.position))


def _take(first: ImportedFilm, film: ImportedFilm) -> None:
    """Add to the first of two what the other says."""
    is_newer = first.stars is None or _order(film) >= _order(first)
    if film.stars is not None and is_newer:
        first.stars, first.rated_at = film.stars, film.rated_at
    watched = [time for time in (first.watched_at, film.watched_at) if time]
    first.watched_at = max(watched, default=None)
    first.placed_at = first.placed_at or film.placed_at
    first.is_seen |= film.is_seen
    first.is_listed |= film.is_listed
    first.listed_at = first.listed_at or film.listed_at
    first.days = merge_days(first.days, film.days)
    if film.note and film.note != first.note:
        both = "\n\n".join(filter(None, (first.note, film.note)))
        first.note, first.noted_at = both[:MAX_MOVIE_NOTE].rstrip(), first.noted_at or film.noted_at
    first.marks = film.marks | first.marks


def _order(film: ImportedFilm) -> float:
    return film.rated_at.timestamp() if film.rated_at else 0.0


def get_place(film: ImportedFilm) -> datetime | None:
    """Return when it was watched as far as that is known: at the latest when it was rated."""
    return film.watched_at or film.placed_at or film.rated_at
