"""What the catalogue knows of a person, for their export.

The CSV files have the columns that Letterboxd's importer reads (imdbID, tmdbID, Title, Year,
Rating, WatchedDate, of the diary Rewatch too), and with them what our own importer needs to bring
all back exactly. Letterboxd documents its importer at letterboxd.com/about/importing-data, which
programs that write such files quote: columns by these names, dates as 2026-11-24, and files of at
most 1 MB, which they split, the header above each part (plex-tautulli-letterboxd by pete-builds,
and others, read on 2026-11-24; the page itself was not). So do we. `Rewatch` has the "Yes" of
Letterboxd's own exports; others write "true", and which of them its importer asks for was not
found said.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User
from accounts.personal_data import ExportedFile, split_csv, write_json
from catalog.models import (
    HistoryImport,
    Rating,
    RatingEvent,
    SeenMovie,
    Tag,
    WatchlistEntry,
)

ROWS_AT_ONCE = 2000
# Below the 1 MB that Letterboxd takes, however that is counted.
MOST_BYTES = 950_000
RATING_FIELDS = ("stars", "watched_at", "is_date_known", "created_at", "updated_at")
FILM_COLUMNS = ("movieId", "imdbID", "tmdbID", "Title", "Year")
FILM_FIELDS = (
    "movie_id",
    "movie__imdb_id",
    "movie__tmdb_id",
    "movie__title",
    "movie__year",
)
# Where the date of watching is not known, the place in the history alone is told.
RATING_TIMES = ("WatchedDate", "WatchedAt", "PlacedAt", "RatedAt")
FILM = {
    "imdb_id": F("movie__imdb_id"),
    "tmdb_id": F("movie__tmdb_id"),
    "title": F("movie__title"),
    "year": F("movie__year"),
}


def export_catalogue(user: User) -> Iterable[ExportedFile]:
    """Return what somebody rated, saw, listed and tagged, each change of it, and their imports."""
    ratings = Rating.objects.filter(user=user).order_by("watched_at", "id")
    seen = SeenMovie.objects.filter(user=user).order_by("id")
    listed = WatchlistEntry.objects.filter(user=user).order_by("added_at", "id")
    header: tuple[str, ...] = (*FILM_COLUMNS, "Rating", *RATING_TIMES)
    yield from split_csv("ratings", header, _list_ratings(ratings), most_bytes=MOST_BYTES)
    header = (*FILM_COLUMNS, "WatchedDate", "WatchedAt")
    yield from split_csv("seen", header, _list_seen(seen), most_bytes=MOST_BYTES)
    header = (*FILM_COLUMNS, "AddedAt")
    yield from split_csv("watchlist", header, _list_listed(listed), most_bytes=MOST_BYTES)
    yield _as_json("ratings", ratings, *RATING_FIELDS)
    yield _as_json("seen", seen, "watched_at", "created_at")
    yield _as_json("watchlist", listed, "added_at")
    tags = Tag.objects.filter(user=user).order_by("id")
    yield _as_json("tags", tags, "text", "created_at")
    events = RatingEvent.objects.filter(user=user).order_by("id")
    yield _as_json("rating-changes", events, "kind", "stars", "watched_at", "created_at")
    imports = HistoryImport.objects.filter(user=user).order_by("id")
    fields = ("file_name", "sha256", "format", "status", "policy", "summary")
    times = ("created_at", "applied_at")
    yield ExportedFile("json/imports.json", write_json(_iterate(imports.values(*fields, *times))))


def _iterate(rows: QuerySet[Any, Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=ROWS_AT_ONCE)


def _as_json(name: str, rows: QuerySet[Any, Any], *fields: str) -> ExportedFile:
    values = rows.values("movie_id", *fields, **FILM)
    return ExportedFile(f"json/{name}.json", write_json(_iterate(values)))


def _say_time(when: datetime | None) -> str:
    return "" if when is None else when.isoformat()


def _say_day(when: datetime | None) -> str:
    return "" if when is None else when.date().isoformat()


def _list_ratings(ratings: QuerySet[Rating]) -> Iterator[tuple[object, ...]]:
    fields = (*FILM_FIELDS, "stars", "watched_at", "is_date_known", "updated_at")
    for *film, stars, at, is_known, rated_at in _iterate(ratings.values_list(*fields)):
        watched_at, placed_at = (at, None) if is_known else (None, at)
        yield (
            *(*film, stars),
            *(_say_day(watched_at), _say_time(watched_at)),
            *(_say_time(placed_at), _say_time(rated_at)),
        )


def _list_seen(seen: QuerySet[SeenMovie]) -> Iterator[tuple[object, ...]]:
    for *film, watched_at in _iterate(seen.values_list(*FILM_FIELDS, "watched_at")):
        yield (*film, _say_day(watched_at), _say_time(watched_at))


def _list_listed(listed: QuerySet[WatchlistEntry]) -> Iterator[tuple[object, ...]]:
    for *film, added_at in _iterate(listed.values_list(*FILM_FIELDS, "added_at")):
        yield (*film, _say_time(added_at))
