"""Postgres and Redis of a home together: the given ones, or embedded ones in their place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.postgres import Postgres, data_directory
from movieshow.embedded.processes import OWNER_VARIABLE, stop_orphans
from movieshow.embedded.redis_server import RedisServer

_CONNECT_SECONDS = 5
_DEFAULT_MIN_FREE_MB = 500


class Servers:
    """A context in which Postgres and Redis answer and this process owns the home."""

    def __init__(self, home: Home, *, is_throwaway: bool = False) -> None:
        """Say where; ``is_throwaway`` trades the data's safety for speed (tests)."""
        self.home = home
        self._is_throwaway = is_throwaway
        self._postgres: Postgres | None = None
        self._redis: RedisServer | None = None
        self._database_url = os.environ.get("DATABASE_URL", "")
        self._redis_url = os.environ.get("REDIS_URL", "")

    def __enter__(self) -> Self:
        """Lock the home, clear what a dead owner left, start or check both servers.

        Raises:
            EmbeddedError: something is missing; one line says what and what to do.
        """
        self.home.create()
        self.home.ensure_free_space(required_bytes=_min_free_bytes())
        self.home.lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what was started."""
        self.stop()

    def _start(self) -> None:
        stop_orphans(
            owner=str(self.home.path),
            directories=(data_directory(self.home), self.home.redis_data),
        )
        if self._database_url:
            check_database(self._database_url)
        if self._redis_url:
            check_redis(self._redis_url)
        if self._database_url and self._redis_url:
            return
        sockets = self.home.make_socket_directory()
        if os.geteuid() == 0:
            sockets.chmod(0o711)  # Postgres, as nobody, must reach its own directory in it
        if not self._redis_url:
            self._redis = RedisServer(
                self.home, socket_directory=sockets / "redis", is_throwaway=self._is_throwaway
            )
            self._redis.start()
            self._redis_url = self._redis.url
        if not self._database_url:
            self._postgres = Postgres(
                self.home, socket_directory=sockets / "postgres", is_throwaway=self._is_throwaway
            )
            self._postgres.start()
            self._database_url = self._postgres.url

    def stop(self) -> None:
        """Stop the embedded servers and free the home; harmless when called again."""
        self.home.announce_stop()
        for server in (self._redis, self._postgres):
            if server is not None:
                server.stop()
        self._redis = self._postgres = None
        self.home.remove_socket_directory()
        self.home.unlock()

    def find_dead(self) -> str | None:
        """Return the name of an embedded server that has stopped by itself, if there is one."""
        for name, server in (("Postgres", self._postgres), ("Redis", self._redis)):
            if server is not None and not server.is_alive():
                return name
        return None

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return ``base`` with what Django needs to use these servers and this home."""
        return {
            "SECRET_KEY": self.home.read_secret("secret_key", num_bytes=50),
            **base,
            "DATABASE_URL": self._database_url,
            "REDIS_URL": self._redis_url,
            "MOVIESHOW_HOME": str(self.home.path),
            OWNER_VARIABLE: str(self.home.path),
        }


def check_database(url: str) -> None:
    """Check that a Postgres answers at ``url``.

    Raises:
        EmbeddedError: it does not; the message has no password in it.
    """
    try:
        psycopg.connect(url, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise EmbeddedError(f"DATABASE_URL ({without_password(url)}): {reason}") from error


def check_redis(url: str) -> None:
    """Check that a Redis answers at ``url``.

    Raises:
        EmbeddedError: it does not; the message has no password in it.
    """
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_CONNECT_SECONDS) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise EmbeddedError(f"REDIS_URL ({without_password(url)}): {error}") from error


def without_password(url: str) -> str:
    """Return ``url`` with its password, if any, replaced by three stars, and without its query."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return url.partition("?")[0]
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")):
        return "malformed; it should look like scheme://user:password@host:port/name"
    netloc = parts.netloc
    if parts.password is not None:
        netloc = netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=netloc, query=""))


def _min_free_bytes() -> int:
    given = os.environ.get("MOVIESHOW_MIN_FREE_MB", str(_DEFAULT_MIN_FREE_MB))
    if not given.isdecimal():
        raise EmbeddedError(f"MOVIESHOW_MIN_FREE_MB is {given!r}; it must be a whole number")
    return int(given) * 2**20
