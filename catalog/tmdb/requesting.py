"""Which films TMDB is to be asked about, and what of its words is too old to keep.

That a film is wanted stands in Postgres, so nothing is forgotten when Redis or a worker goes away,
and asking twice is asking once.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from catalog.fact_models import TmdbRecord
from catalog.tmdb.storing import delete_unused_people, forget_film, forget_poster

# TMDB lets its words be kept for six months. They are asked for again after five, so that a month
# of its being away loses nothing.
REFRESH_AFTER = timedelta(days=150)
KEEP_AT_MOST = timedelta(days=180)
KEPT_KEY = "tmdb:kept"
ADD_RECORDS = """
    INSERT INTO catalog_tmdbrecord (movie_id, tmdb_id, overview, tagline, poster_path, etag,
                                    failures, error, poster_etag, requested_at)
    SELECT id, tmdb_id, '', '', '', '', 0, '', '', %(now)s FROM catalog_movie
    WHERE tmdb_id IS NOT NULL AND (%(all)s OR id = ANY (%(ids)s))
    ON CONFLICT (movie_id) DO NOTHING
"""


def is_tmdb_on() -> bool:
    """Return whether there is a key to ask TMDB with."""
    return bool(settings.TMDB_API_KEY)


@transaction.atomic
def request_films(movie_ids: Collection[int]) -> int:
    """Have facts of these films fetched now, however fresh they are; return how many have an id.

    A film without an id at TMDB is passed over.
    """
    now = timezone.now()
    _add_records(now, movie_ids)
    wanted = TmdbRecord.objects.filter(movie_id__in=movie_ids, movie__tmdb_id__isnull=False)
    return wanted.update(requested_at=now, failures=0)


@transaction.atomic
def request_due_films() -> int:
    """Have fetched what is new, due again, or of a film that got another id; return how many."""
    now = timezone.now()
    _add_records(now, None)
    due = Q(refresh_due_at__lte=now) | Q(refresh_due_at__isnull=True)
    films = TmdbRecord.objects.filter(movie__tmdb_id__isnull=False)
    films.filter(due | ~Q(tmdb_id=F("movie__tmdb_id")), requested_at__isnull=True).update(
        requested_at=now
    )
    return get_requested().count()


@transaction.atomic
def request_all_films() -> int:
    """Have facts of all films fetched now, however fresh they are; return how many."""
    now = timezone.now()
    _add_records(now, None)
    films = TmdbRecord.objects.filter(movie__tmdb_id__isnull=False)
    return films.update(requested_at=now, failures=0)


def get_requested() -> QuerySet[TmdbRecord]:
    """Return the films to be fetched: what failed least first, then the best known."""
    requested = TmdbRecord.objects.filter(requested_at__isnull=False)
    return requested.order_by("failures", "-movie__rating_count", "movie_id")


def forget_old_facts() -> int:
    """Delete what TMDB said too long ago, or of a film that has another id; return how many films.

    Needs no key: the promise holds for those who gave theirs back.
    """
    oldest = timezone.now() - KEEP_AT_MOST
    other_film = Q(movie__tmdb_id__isnull=True) | ~Q(tmdb_id=F("movie__tmdb_id"))
    stale = Q(fetched_at__lt=oldest) | (other_film & Q(fetched_at__isnull=False))
    count = 0
    for record in TmdbRecord.objects.filter(stale).iterator(chunk_size=500):
        count += forget_film(record=record)
    for record in TmdbRecord.objects.filter(poster_fetched_at__lt=oldest).iterator(chunk_size=500):
        forget_poster(record=record)
    delete_unused_people()
    note_whether_facts_are_kept()
    return count


def are_facts_kept() -> bool:
    """Return whether anything of TMDB's was kept when this was last noted; asks Redis alone."""
    return bool(cache.get(KEPT_KEY))


def note_whether_facts_are_kept() -> None:
    """Note it for the pages, which ask for it too often to ask Postgres."""
    if TmdbRecord.objects.filter(fetched_at__isnull=False).exists():
        cache.set(KEPT_KEY, 1, None)
    else:
        cache.delete(KEPT_KEY)


def _add_records(now: datetime, movie_ids: Collection[int] | None) -> None:
    """Make the record of films that have none; of all films where no ids are given."""
    with connection.cursor() as cursor:
        ids = list(movie_ids or ())
        cursor.execute(ADD_RECORDS, {"now": now, "all": movie_ids is None, "ids": ids})
