import gzip
import time
from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings

from catalog.tmdb import client as client_module
from catalog.tmdb.client import (
    TmdbClient,
    TmdbRefusedError,
    TmdbUnavailableError,
    UnknownFilmError,
)
from catalog.tmdb.pace import Pace
from catalog.tmdb.parsing import BadAnswerError
from tests.catalog.tmdb.conftest import QUICK
from tests.catalog.tmdb.stand_in import KEY, Fault, StandIn, draw_picture

FILM, PICTURE = "/3/movie/603", "/t/p/w780/poster603.jpg"
TOKEN = "aaaaaaaaaaaa.bbbbbbbbbbbb.cccccccccccc"


def test_film_is_asked_for_once_with_all_that_belongs_to_it(
    client_of_tmdb: TmdbClient, tmdb: StandIn
) -> None:
    answer, etag = client_of_tmdb.get_film(603)
    assert answer is not None
    assert answer.runtime_minutes == 95
    assert etag.startswith('W/"')
    (asked,) = tmdb.asked
    assert asked.query["append_to_response"] == ["credits,watch/providers"]
    assert asked.query["language"] == ["en-US"]


def test_what_has_not_changed_is_not_sent_again(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    _, etag = client_of_tmdb.get_film(603)
    assert client_of_tmdb.get_film(603, etag=etag) == (None, etag)
    assert tmdb.asked[1].headers["If-None-Match"] == etag
    picture = client_of_tmdb.get_picture("/poster603.jpg")
    assert client_of_tmdb.get_picture("/poster603.jpg", etag=picture.etag).body is None


def test_read_access_token_is_sent_as_bearer_and_to_the_api_alone(
    tmdb_settings: Settings, tmdb: StandIn
) -> None:
    pace = Pace(per_second=1000, redis_url=tmdb_settings.REDIS_URL)
    with TmdbClient(key=TOKEN, pace=pace, limits=QUICK) as client:
        with pytest.raises(TmdbRefusedError):  # the stand-in knows the other kind of key alone
            client.get_film(603)
        client.get_picture("/poster603.jpg")
    film, picture = tmdb.asked
    assert film.headers["Authorization"] == f"Bearer {TOKEN}"
    assert "Authorization" not in picture.headers
    assert picture.query == {}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note for how long the client would pause between tries, in place of pausing."""
    noted: list[float] = []
    clock = SimpleNamespace(time=time.time, sleep=noted.append)
    monkeypatch.setattr("urllib3.util.retry.time", clock)
    return noted


@pytest.mark.parametrize(("asked_for", "kept_to"), [("1", 1), ("86400", QUICK.max_pause_seconds)])
def test_busy_tmdb_is_asked_again_when_it_says_within_bounds(
    client_of_tmdb: TmdbClient, tmdb: StandIn, pauses: list[float], asked_for: str, kept_to: float
) -> None:
    tmdb.fail(FILM, Fault(status=429, headers={"Retry-After": asked_for}))
    assert client_of_tmdb.get_film(603)[0] is not None
    assert pauses == [kept_to]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_fault_that_stays_is_given_up_after_some_tries(
    client_of_tmdb: TmdbClient, tmdb: StandIn, status: int
) -> None:
    tmdb.fail(FILM, *[Fault(status=status)] * 9)
    with pytest.raises(TmdbUnavailableError, match=str(status)):
        client_of_tmdb.get_film(603)
    assert len(tmdb.asked) == QUICK.tries


def test_fault_that_passes_is_no_fault(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    tmdb.fail(FILM, Fault(status=500), Fault(seconds=3.0))
    assert client_of_tmdb.get_film(603)[0] is not None
    assert len(tmdb.asked) == 3


def test_slow_answer_is_not_waited_for(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    tmdb.fail(FILM, *[Fault(seconds=3.0)] * 9)
    with pytest.raises(TmdbUnavailableError):
        client_of_tmdb.get_film(603)


def test_answer_that_drips_is_not_waited_for(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    # All of it would take half a day.
    tmdb.fail(FILM, Fault(body=b" " * 1_000_000, drip_seconds=0.05))
    with pytest.raises(TmdbUnavailableError, match="not done in 4 seconds"):
        client_of_tmdb.get_film(603)


def test_answer_cut_short_is_not_believed(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    tmdb.fail(PICTURE, Fault(body=draw_picture("x"), missing_bytes=1000))
    with pytest.raises(TmdbUnavailableError, match="no whole answer"):
        client_of_tmdb.get_picture("/poster603.jpg")


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b"null", b'{"id": 7}', b"\xff\xfe", b"[" * 100_000, b'{"id": "603"}'],
    ids=["open", "empty", "list", "null", "another", "bytes", "deep", "text"],
)
def test_answer_that_is_no_film_is_refused(
    client_of_tmdb: TmdbClient, tmdb: StandIn, body: bytes
) -> None:
    tmdb.fail(FILM, Fault(body=body))
    with pytest.raises(BadAnswerError):
        client_of_tmdb.get_film(603)
    assert len(tmdb.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(client_of_tmdb: TmdbClient, tmdb: StandIn, status: int) -> None:
    for path in (FILM, PICTURE):
        tmdb.fail(path, Fault(status=status, headers={"Location": f"{tmdb.url}/elsewhere"}))
    with pytest.raises(BadAnswerError, match=str(status)):
        client_of_tmdb.get_film(603)
    with pytest.raises(BadAnswerError, match=str(status)):
        client_of_tmdb.get_picture("/poster603.jpg")
    assert tmdb.paths() == [FILM, PICTURE]


def test_answer_of_another_kind_is_refused(client_of_tmdb: TmdbClient, tmdb: StandIn) -> None:
    for path in (FILM, PICTURE):
        tmdb.fail(path, Fault(headers={"Content-Type": "text/html"}, body=b"<html>"))
    with pytest.raises(BadAnswerError, match="text/html"):
        client_of_tmdb.get_film(603)
    with pytest.raises(BadAnswerError, match="text/html"):
        client_of_tmdb.get_picture("/poster603.jpg")


def test_too_large_an_answer_is_dropped_however_it_is_packed(
    client_of_tmdb: TmdbClient, tmdb: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_JSON_BYTES", 100_000)
    packed = gzip.compress(b" " * 50_000_000)
    tmdb.fail(FILM, Fault(headers={"Content-Encoding": "gzip"}, body=packed))
    with pytest.raises(BadAnswerError, match="larger"):
        client_of_tmdb.get_film(603)
    monkeypatch.setattr(client_module, "MAX_PICTURE_BYTES", 5000)
    with pytest.raises(BadAnswerError, match="larger"):
        client_of_tmdb.get_picture("/poster603.jpg")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/a.jpg",
        "/../../3/movie/1.jpg",
        "/a/b.jpg",
        "/a.svg",
        "a.jpg",
        "/a.jpg?x=1",
        "/a.jpg\n",
        "@evil.example/a.jpg",
        "",
    ],
)
def test_path_that_is_none_of_a_picture_is_not_asked_for(
    client_of_tmdb: TmdbClient, tmdb: StandIn, path: str
) -> None:
    with pytest.raises(BadAnswerError, match="path"):
        client_of_tmdb.get_picture(path)
    assert tmdb.asked == []


def test_unknown_film_and_wrong_key_are_told_apart(
    client_of_tmdb: TmdbClient, tmdb: StandIn, tmdb_settings: Settings
) -> None:
    with pytest.raises(UnknownFilmError):
        client_of_tmdb.get_film(99_999)
    tmdb.fail(FILM, Fault(status=401))
    with pytest.raises(TmdbRefusedError):
        client_of_tmdb.get_film(603)


def test_key_is_in_no_message(tmdb_settings: Settings) -> None:
    tmdb_settings.TMDB_BASE_URL = "http://127.0.0.1:9/3"  # nobody listens there
    pace = Pace(per_second=1000, redis_url=tmdb_settings.REDIS_URL)
    with (
        TmdbClient(key=KEY, pace=pace, limits=QUICK) as client,
        pytest.raises(TmdbUnavailableError) as caught,
    ):
        client.get_film(603)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_key_is_in_no_log(
    client_of_tmdb: TmdbClient, tmdb: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    tmdb.fail(FILM, Fault(seconds=3.0), Fault(status=500))
    assert client_of_tmdb.get_film(603)[0] is not None
    said = [record.getMessage() for record in caplog.records]
    assert any("/3/movie/603" in text for text in said)
    assert not any(KEY in text for text in said)


def test_pace_is_kept_over_clients_and_without_redis(tmdb_settings: Settings) -> None:
    for url in (tmdb_settings.REDIS_URL, "redis://127.0.0.1:9/0"):
        paces = [Pace(per_second=20, redis_url=url) for _ in range(2)]
        # From before the first turn on, so that a slow machine can but add to it.
        started = time.monotonic()
        paces[0].wait()
        for turn in range(6):
            paces[turn % 2 if url == tmdb_settings.REDIS_URL else 0].wait()
        assert time.monotonic() - started >= 0.29
