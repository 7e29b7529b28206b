from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Credit, Movie, TmdbRecord
from catalog.tmdb.client import TmdbClient
from catalog.tmdb.fetching import FETCH_LOCK, fetch_wanted
from catalog.tmdb.requesting import (
    get_requested,
    request_films,
)
from movieshow.advisory_locks import try_advisory_lock
from tests.catalog.factories import make_movie
from tests.catalog.tmdb.stand_in import Fault, StandIn, draw_picture
from tests.catalog.tmdb.steps import FILM, PICTURE, age, fetch

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=b"<html>", headers={"Content-Type": "text/html"}),
        Fault(body=b"not a picture"),
        Fault(body=draw_picture("x")[:3000]),
        Fault(body=draw_picture("x", (4000, 4000))),
        Fault(status=404),
        Fault(status=302, headers={"Location": "http://127.0.0.1:9/evil.jpg"}),
    ],
    ids=["html", "noise", "cut", "huge", "gone", "redirect"],
)
def test_unusable_poster_leaves_the_drawn_one_and_the_facts(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn, fault: Fault
) -> None:
    tmdb.fail(PICTURE, fault)
    report = fetch(client_of_tmdb)
    assert (report.fetched, report.bad_posters, report.left) == (1, 1, 0)
    found, record = Movie.objects.get(), TmdbRecord.objects.get()
    assert (found.runtime_minutes, found.poster_key) == (95, "")
    assert record.error
    assert record.failures == 1
    assert record.refresh_due_at is not None
    assert record.refresh_due_at < timezone.now() + timedelta(days=2)


def test_answer_nobody_understands_is_asked_for_again_another_day(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    tmdb.fail(FILM, Fault(body=b"{"), Fault(body=b"{"))
    assert fetch(client_of_tmdb).failed == 1
    assert fetch(client_of_tmdb).done == 0
    age(3)
    assert fetch(client_of_tmdb).failed == 1
    assert TmdbRecord.objects.get().failures == 2  # and waits for longer
    age(3)
    assert fetch(client_of_tmdb).fetched == 1
    assert TmdbRecord.objects.get().failures == 0


def test_film_stays_wanted_while_tmdb_is_away(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    tmdb.fail(FILM, *[Fault(status=500)] * 3)
    report = fetch(client_of_tmdb)
    assert (report.failed, report.left) == (1, 1)
    assert fetch_wanted(max_seconds=60, client=client_of_tmdb).fetched == 1


def test_tmdb_that_is_away_is_left_alone_for_a_while(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    for number in range(2, 12):
        make_movie(number, tmdb_id=1000 + number)
        tmdb.fail(f"/3/movie/{1000 + number}", *[Fault(status=503)] * 9)
    tmdb.fail(FILM, *[Fault(status=503)] * 9)
    report = fetch(client_of_tmdb)
    assert "away" in report.stopped
    assert report.left == 11
    asked = len(tmdb.asked)
    assert "left alone" in fetch_wanted(max_seconds=60, client=client_of_tmdb).stopped
    assert len(tmdb.asked) == asked == 5 * 3


def test_refused_key_stops_at_once_and_forgets_nothing(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    make_movie(2, tmdb_id=604)
    tmdb.fail(FILM, Fault(status=401))
    tmdb.fail("/3/movie/604", Fault(status=401))
    report = fetch(client_of_tmdb)
    assert "key" in report.stopped
    assert report.left == 2
    assert len(tmdb.asked) == 1


def test_fetch_cut_short_goes_on_with_the_rest(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    make_movie(2, tmdb_id=604, rating_count=9)
    assert fetch(client_of_tmdb, seconds=0).left == 2
    tmdb.asked.clear()
    assert fetch_wanted(max_seconds=60, client=client_of_tmdb).fetched == 2
    assert tmdb.paths()[0] == "/3/movie/604"  # the best known first


def test_worker_that_dies_half_way_leaves_the_film_wanted(
    client_of_tmdb: TmdbClient, keeper: Movie, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("catalog.tmdb.fetching.keep_poster", die)
        with pytest.raises(Killed):
            fetch(client_of_tmdb)
    assert get_requested().count() == 1
    assert Movie.objects.get().poster_key == ""
    assert fetch_wanted(max_seconds=60, client=client_of_tmdb).posters == 1


def test_film_deleted_meanwhile_is_no_error(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_films([keeper.pk])
    ask = TmdbClient.get_film

    def delete_then_ask(self: TmdbClient, tmdb_id: int, *, etag: str = "") -> Any:
        Movie.objects.all().delete()
        return ask(self, tmdb_id, etag=etag)

    monkeypatch.setattr(TmdbClient, "get_film", delete_then_ask)
    report = fetch_wanted(max_seconds=60, client=client_of_tmdb)
    assert (report.left, report.failed) == (0, 0)
    assert not Credit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_fetch_at_once(
    client_of_tmdb: TmdbClient, keeper: Movie, tmdb: StandIn
) -> None:
    import threading

    from django.db import connection

    request_films([1])
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with try_advisory_lock(FETCH_LOCK):
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(20)
    assert "another worker" in fetch_wanted(max_seconds=60, client=client_of_tmdb).stopped
    done.set()
    other.join()
    assert fetch_wanted(max_seconds=60, client=client_of_tmdb).fetched == 1
