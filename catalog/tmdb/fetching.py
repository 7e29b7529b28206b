"""What a worker does: asks TMDB about the films that are wanted, one by one, and keeps the answers.

It may be killed at any moment: a film is wanted until its answer is kept, in one transaction.
"""

import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from catalog.fact_models import TmdbRecord
from catalog.models import Movie
from catalog.posters.kept import drop_poster, keep_poster
from catalog.services import bump_catalogue_version
from catalog.tmdb.client import (
    TmdbClient,
    TmdbRefusedError,
    TmdbUnavailableError,
    UnknownFilmError,
    make_client,
)
from catalog.tmdb.parsing import BadAnswerError
from catalog.tmdb.pictures import make_poster_key, make_posters
from catalog.tmdb.requesting import (
    REFRESH_AFTER,
    get_requested,
    is_tmdb_on,
    note_whether_facts_are_kept,
)
from catalog.tmdb.storing import (
    MovieGoneError,
    find_poster_key,
    forget_film,
    forget_poster,
    store_film,
    update_record,
)
from movieshow.advisory_locks import try_advisory_lock

logger = structlog.get_logger(__name__)

PARSING = 1  # raise it when more is kept of an answer, and all are read anew
FETCH_LOCK = 0x546D6462  # "Tmdb"
CHUNK = 50
# After so many failures in a row TMDB counts as away and is left alone for a while.
MAX_IN_A_ROW = 5
MAX_FAILURES = 3
PAUSE_SECONDS = 600
PAUSE_KEY = "tmdb:paused"
# Caches are made stale by a change of the catalogue, so a long fetch says so only now and then.
ANNOUNCE_SECONDS = 600
ANNOUNCED_KEY = "tmdb:announced"
UNANNOUNCED_KEY = "tmdb:unannounced"


@dataclass(slots=True)
class FetchReport:
    """What one call of `fetch_wanted` did; `stopped` says why it did not go on, if so."""

    fetched: int = 0
    unchanged: int = 0
    unknown: int = 0
    failed: int = 0
    posters: int = 0
    bad_posters: int = 0
    left: int = 0
    stopped: str = ""
    has_changed: bool = False

    @property
    def done(self) -> int:
        """How many films are no longer wanted or were tried."""
        return self.fetched + self.unchanged + self.unknown + self.failed


def fetch_wanted(
    *,
    max_seconds: float,
    client: TmdbClient | None = None,
    only: Collection[int] | None = None,
) -> FetchReport:
    """Fetch wanted films (`only` these movies, if given) until all are done or the time is over.

    Nothing happens without a key, during a pause, or where another worker is at it.
    """
    report = FetchReport()
    if not is_tmdb_on():
        report.stopped = "there is no TMDB_API_KEY"
        return report
    if only is None and cache.get(PAUSE_KEY):
        report.stopped = "TMDB failed some minutes ago and is left alone for a while"
        return report
    with try_advisory_lock(FETCH_LOCK) as is_mine:
        if not is_mine:
            report.stopped = "another worker is fetching"
            return report
        with client or make_client() as asked:
            _Round(asked, report, time.monotonic() + max_seconds).run(only)
        wanted = get_requested()
        report.left = (wanted if only is None else wanted.filter(movie_id__in=only)).count()
        _announce(report)
    if report.done:
        note_whether_facts_are_kept()
        logger.info("tmdb_fetched", **{name: getattr(report, name) for name in report.__slots__})
    return report


class _Round:
    """One worker's turn: what it counts and when it stops."""

    def __init__(self, client: TmdbClient, report: FetchReport, deadline: float) -> None:
        self._client = client
        self._report = report
        self._deadline = deadline
        self._in_a_row = 0
        self._put_off: set[int] = set()
        self._posters_left = (
            settings.TMDB_MAX_POSTERS - Movie.objects.exclude(poster_key="").count()
        )

    def run(self, only: Collection[int] | None) -> None:
        """Take the wanted films in their order; one that fails is not tried again this turn."""
        wanted = get_requested().select_related("movie")
        if only is not None:
            wanted = wanted.filter(movie_id__in=only)
        while records := list(wanted.exclude(movie_id__in=self._put_off)[:CHUNK]):
            for record in records:
                if self._report.stopped or time.monotonic() >= self._deadline:
                    return
                self._fetch(record)

    def _fetch(self, record: TmdbRecord) -> None:
        """Fetch facts and poster of one film, and note what became of it."""
        try:
            is_new = self._fetch_facts(record)
            error = self._fetch_poster(record)
        except UnknownFilmError as reason:
            self._report.unknown += 1
            self._report.has_changed |= forget_film(record=record)
            _finish(record, error=str(reason))
        except BadAnswerError as reason:
            self._report.failed += 1
            _finish(record, error=str(reason), failures=record.failures + 1)
        except MovieGoneError:
            self._put_off.add(record.movie_id)
        except TmdbUnavailableError as reason:
            self._note_unavailable(record, reason)
            return
        except TmdbRefusedError as reason:
            self._stop(str(reason))
            return
        else:
            self._report.fetched += is_new
            self._report.unchanged += not is_new
            _finish(record, error=error, failures=record.failures + 1 if error else 0)
        self._in_a_row = 0

    def _fetch_facts(self, record: TmdbRecord) -> bool:
        """Fetch and keep what TMDB says; return whether it said more than "as before"."""
        tmdb_id = record.movie.tmdb_id
        if tmdb_id is not None and record.tmdb_id != tmdb_id:
            self._report.has_changed |= forget_film(record=record)
            update_record(record, tmdb_id=tmdb_id)
        mark = _make_mark()
        known = record.etag.removeprefix(mark) if record.etag.startswith(mark) else ""
        answer, etag = self._client.get_film(record.tmdb_id, etag=known)
        with transaction.atomic():
            if answer is not None:
                self._report.has_changed |= store_film(record=record, answer=answer)
            kept = mark + etag if etag else ""
            update_record(record, etag=kept, fetched_at=timezone.now())
        return answer is not None

    def _fetch_poster(self, record: TmdbRecord) -> str:
        """Fetch the picture where it is missing, another or old; return what is wrong with it."""
        if not record.poster_path:
            forget_poster(record=record)
            return ""
        key = find_poster_key(record.movie_id)
        if not key and self._posters_left <= 0:
            return ""
        path = record.poster_path
        try:
            answer = self._client.get_picture(path, etag=record.poster_etag if key else "")
            if answer.body is not None:
                _replace_poster(record.movie_id, old_key=key, picture=answer.body)
                self._posters_left -= not key
                self._report.posters += 1
        except (BadAnswerError, UnknownFilmError) as reason:
            forget_poster(record=record)
            self._report.bad_posters += 1
            return str(reason)
        update_record(record, poster_etag=answer.etag, poster_fetched_at=timezone.now())
        return ""

    def _note_unavailable(self, record: TmdbRecord, reason: TmdbUnavailableError) -> None:
        """Leave a film wanted, behind the others; one that fails and fails waits for a day."""
        self._report.failed += 1
        self._in_a_row += 1
        self._put_off.add(record.movie_id)
        update_record(record, failures=record.failures + 1, error=str(reason)[:300])
        if record.failures >= MAX_FAILURES:
            _finish(record, error=str(reason), failures=record.failures)
        if self._in_a_row >= MAX_IN_A_ROW:
            self._stop(f"TMDB is away: {reason}")

    def _stop(self, why: str) -> None:
        self._report.stopped = why
        cache.set(PAUSE_KEY, why, PAUSE_SECONDS)
        logger.error("tmdb_stopped", why=why)


def _replace_poster(movie_id: int, *, old_key: str, picture: bytes) -> None:
    """Keep a picture under its own name, then name it in the movie, then drop the old one."""
    key = make_poster_key(picture)
    if key == old_key:
        return
    keep_poster(movie_id=movie_id, key=key, pictures=make_posters(picture))
    if not Movie.objects.filter(pk=movie_id).update(poster_key=key):
        drop_poster(movie_id=movie_id, key=key)  # the film was deleted meanwhile
    elif old_key:
        drop_poster(movie_id=movie_id, key=old_key)


def _finish(record: TmdbRecord, *, error: str = "", failures: int = 0) -> None:
    """Want a film no more until it is due: a failure sooner, the rest spread over two weeks."""
    after = REFRESH_AFTER * random.uniform(0.9, 1.0)  # noqa: S311 - no secret
    if failures:
        after = timedelta(days=min(30, 2 ** (failures - 1)))
    update_record(
        record,
        requested_at=None,
        refresh_due_at=timezone.now() + after,
        failures=failures,
        error=error[:300],
    )


def _make_mark() -> str:
    """Return what an ETag is kept with: it holds only while the same is asked and kept."""
    asked = (settings.TMDB_LANGUAGE, settings.SERVICE_COUNTRIES, PARSING)
    return f"{crc32(repr(asked).encode()):08x}:"


def _announce(report: FetchReport) -> None:
    """Make caches stale where facts changed, at once where nothing more is to come."""
    if report.has_changed:
        cache.set(UNANNOUNCED_KEY, 1, None)
    if not report.has_changed and not cache.get(UNANNOUNCED_KEY):
        return
    if report.left and not report.stopped and cache.get(ANNOUNCED_KEY):
        return
    bump_catalogue_version()
    cache.delete(UNANNOUNCED_KEY)
    cache.set(ANNOUNCED_KEY, 1, ANNOUNCE_SECONDS)
