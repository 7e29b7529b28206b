"""Asks TMDB over HTTP: bounded in time, size and tries, and never led to another host."""

import json
import logging
import re
import time
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from catalog.tmdb.pace import Pace
from catalog.tmdb.parsing import POSTER_PATH, BadAnswerError, FilmAnswer, parse_film

MAX_JSON_BYTES = 4 * 2**20
MAX_PICTURE_BYTES = 10 * 2**20
PICTURE_SIZE = "w780"
CHUNK = 64 * 1024
API_KEY_LENGTH = 32
MAX_ETAG = 180
KEY_IN_ADDRESS = re.compile(r"api_key=[^&\s]*")
BUSY = (429, 500, 502, 503, 504)


class TmdbError(Exception):
    """TMDB did not give what it was asked for; the message has no address, so no key."""


class TmdbUnavailableError(TmdbError):
    """It is away, busy, slow, or broke off: the same request may succeed later."""


class TmdbRefusedError(TmdbError):
    """It does not accept the key."""


class UnknownFilmError(TmdbError):
    """It has nothing under this id or path."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often a request may try; seconds."""

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    whole_seconds: float = 60.0
    tries: int = 4
    backoff_factor: float = 0.5
    max_pause_seconds: int = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with its ETag; `body` is None where it is what that ETag named before."""

    body: bytes | None
    etag: str


class _Key(AuthBase):
    """Signs requests; set as `auth` so that no .netrc is asked."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if len(self._key) == API_KEY_LENGTH:
            request.prepare_url(request.url, {"api_key": self._key})
        else:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class _WithoutKey(logging.Filter):
    """Blots out keys in what urllib3 logs of addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its message without a key."""
        text = record.getMessage()
        if "api_key=" in text:
            record.msg, record.args = KEY_IN_ADDRESS.sub("api_key=…", text), ()
        return True


# One object: `addFilter` does nothing where it is there already.
_without_key = _WithoutKey()


class TmdbClient:
    """One connection pool to TMDB's API and one to its pictures."""

    def __init__(self, *, key: str, pace: Pace, limits: Limits | None = None) -> None:
        """Take the key and what to keep to; addresses and language come from the settings."""
        self._limits = limits or Limits()
        self._pace = pace
        self._auth = _Key(key)
        for name in ("urllib3.connectionpool", "urllib3.util.retry"):
            logging.getLogger(name).addFilter(_without_key)
        self._session = requests.Session()
        adapter = HTTPAdapter(max_retries=_make_retry(self._limits))
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers["User-Agent"] = "MovieShow (film facts)"

    def __enter__(self) -> "TmdbClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get_film(self, tmdb_id: int, *, etag: str = "") -> tuple[FilmAnswer | None, str]:
        """Return what TMDB says of a film, None where that is what `etag` named, and its ETag.

        Raises:
            TmdbUnavailableError: It may work later.
            TmdbRefusedError: The key is not accepted.
            UnknownFilmError: There is no such film.
            BadAnswerError: The answer is not what the API promises.
        """
        parameters = {
            "language": settings.TMDB_LANGUAGE,
            "append_to_response": "credits,watch/providers",
        }
        answer = self._get(
            f"{settings.TMDB_BASE_URL}/movie/{int(tmdb_id)}",
            parameters=parameters,
            auth=self._auth,
            etag=etag,
            max_bytes=MAX_JSON_BYTES,
        )
        if answer.body is None:
            return None, answer.etag
        return parse_film(_parse_json(answer.body), tmdb_id=tmdb_id), answer.etag

    def get_picture(self, path: str, *, etag: str = "") -> Answer:
        """Return the bytes of a poster, as they came: whoever uses them must decode them first.

        Raises:
            TmdbUnavailableError: It may work later.
            UnknownFilmError: There is no such picture.
            BadAnswerError: The path is none of TMDB's, or the answer is no picture or too large.
        """
        if not POSTER_PATH.fullmatch(path):
            raise BadAnswerError("the path of the poster is not one of TMDB's")
        return self._get(
            f"{settings.TMDB_IMAGE_BASE_URL}/{PICTURE_SIZE}{path}",
            parameters={},
            auth=_no_key,
            etag=etag,
            max_bytes=MAX_PICTURE_BYTES,
            kind="image/",
        )

    def _get(
        self,
        url: str,
        *,
        parameters: dict[str, str],
        auth: Any,
        etag: str,
        max_bytes: int,
        kind: str = "application/json",
    ) -> Answer:
        """Fetch one address at the pace, following nothing; the callers say what it raises."""
        self._pace.wait()
        headers = {"Accept": f"{kind}*" if kind.endswith("/") else kind}
        if etag:
            headers["If-None-Match"] = etag
        timeout = (self._limits.connect_seconds, self._limits.read_seconds)
        try:
            with self._session.get(
                url,
                params=parameters,
                headers=headers,
                auth=auth,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                if response.status_code == 304 and etag:
                    return Answer(None, etag)
                _check_status(response.status_code)
                _check_kind(response.headers.get("Content-Type", ""), kind)
                body = self._read(response, max_bytes=max_bytes)
                new_etag = response.headers.get("ETag", "")
                return Answer(body, new_etag if len(new_etag) <= MAX_ETAG else "")
        except (requests.RequestException, HTTPError) as error:
            # Not the error's own words: they hold the address, and it the key.
            name = type(error).__name__
            raise TmdbUnavailableError(f"no whole answer ({name})") from None

    def _read(self, response: requests.Response, *, max_bytes: int) -> bytes:
        """Return the body, read as it drips in, so that neither size nor slowness is unbounded."""
        deadline = time.monotonic() + self._limits.whole_seconds
        body = bytearray()
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_bytes:
                raise BadAnswerError(f"the answer is larger than {max_bytes // 2**20} MB")
            if time.monotonic() > deadline:
                raise TmdbUnavailableError(f"not done in {self._limits.whole_seconds:g} seconds")
        return bytes(body)


def make_client() -> TmdbClient:
    """Return a client of the settings' TMDB; call only where `settings.TMDB_API_KEY` is set."""
    pace = Pace(per_second=settings.TMDB_REQUESTS_PER_SECOND, redis_url=settings.REDIS_URL)
    return TmdbClient(key=settings.TMDB_API_KEY, pace=pace)


def _make_retry(limits: Limits) -> Retry:
    """Return the retries: what is busy is asked again after growing pauses, or as it says."""
    return Retry(
        total=limits.tries - 1,
        redirect=False,
        status_forcelist=BUSY,
        allowed_methods={"GET"},
        backoff_factor=limits.backoff_factor,
        backoff_jitter=limits.backoff_factor,
        backoff_max=limits.max_pause_seconds,
        retry_after_max=limits.max_pause_seconds,
        raise_on_status=False,
    )


def _no_key(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send a request as it is: pictures are public, and no key is their host's business."""
    return request


def _check_status(status: int) -> None:
    if status in (401, 403):
        raise TmdbRefusedError(f"the key is not accepted (HTTP {status})")
    if status == 404:
        raise UnknownFilmError("TMDB has no such film or picture")
    if status in BUSY or status >= 500:
        raise TmdbUnavailableError(f"busy or broken (HTTP {status})")
    if status != 200:
        raise BadAnswerError(f"an answer of HTTP {status} is not expected")


def _check_kind(content_type: str, kind: str) -> None:
    if not content_type.lower().startswith(kind):
        raise BadAnswerError(f"the answer is {content_type[:60]!r}, not {kind}")


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("the answer is not JSON") from error
