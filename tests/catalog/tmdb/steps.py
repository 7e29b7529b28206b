"""What tests of fetching do again and again."""

from datetime import timedelta

from django.utils import timezone

from catalog.models import TmdbRecord
from catalog.tmdb.client import TmdbClient
from catalog.tmdb.fetching import FetchReport, fetch_wanted
from catalog.tmdb.requesting import request_due_films, request_films

FILM, PICTURE = "/3/movie/603", "/t/p/w780/poster603.jpg"


def fetch(client: TmdbClient, *ids: int, seconds: float = 60) -> FetchReport:
    """Want these films, or what is due, and fetch."""
    if ids:
        request_films(ids)
    else:
        request_due_films()
    return fetch_wanted(max_seconds=seconds, client=client)


def age(days: int) -> None:
    then = timezone.now() - timedelta(days=days)
    TmdbRecord.objects.update(fetched_at=then, poster_fetched_at=then, refresh_due_at=then)
