"""The directory an install keeps everything in: who owns it now, its secrets, its sockets."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# Unix socket paths are limited to 107 bytes, so sockets cannot lie under a deep home.
_SOCKET_ROOT = Path("/tmp")  # noqa: S108 - a private directory is made in it
_SOCKET_PREFIX = "movieshow-"
_STATE_ROOT = Path("/var/lib/movieshow")
# What people upload, models that learnt from them, and what logs and Redis hold of them.
_PRIVATE = ("artifacts", "cache", "logs", "media", "redis")
_STOPPING = "stopping"
_STOP_WAIT_SECONDS = 40.0
_BUSY_WAIT_SECONDS = 1.0


class EmbeddedError(Exception):
    """Something MovieShow needs to start is missing; the message is one line, for a person."""


class Home:
    """Everything one install keeps. Holding its lock makes this process its only owner."""

    def __init__(self, path: Path | None = None) -> None:
        """Take ``path``, else ``MOVIESHOW_HOME``, else ``.movieshow`` in the checkout."""
        given = path or Path(os.environ.get("MOVIESHOW_HOME") or CHECKOUT / ".movieshow")
        self.path = given.expanduser().resolve()
        self._lock_fd: int | None = None

    @property
    def logs(self) -> Path:
        """The directory of the servers' logs."""
        return self.path / "logs"

    @property
    def redis_data(self) -> Path:
        """The directory of the embedded Redis."""
        return self.path / "redis"

    @property
    def postgres_root(self) -> Path:
        """Where embedded Postgres keeps its data, and its programs where they must be copied.

        As root Postgres runs as ``nobody``, who may be unable to reach a checkout in root's
        own directory; then this is a system state directory named after the home.
        """
        if os.geteuid() != 0 or _is_reachable_by_others(self.path):
            return self.path
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:12]
        return _STATE_ROOT / digest

    def create(self) -> None:
        """Make the directories; only their owner may look into the private ones.

        A home that was there before keeps its mode: it may be a directory that others use.
        """
        if not self.path.exists():
            self.path.mkdir(parents=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in _PRIVATE:
            directory = self.path / name
            directory.mkdir(exist_ok=True)
            directory.chmod(0o700)
        if self.postgres_root != self.path:
            self.postgres_root.mkdir(parents=True, exist_ok=True)
            for directory in (_STATE_ROOT, self.postgres_root):
                directory.chmod(0o711)

    def ensure_free_space(self, *, required_bytes: int) -> None:
        """Check that the disks of the home and of Postgres have this much left.

        Raises:
            EmbeddedError: one of them has not.
        """
        for directory in {self.path, self.postgres_root}:
            free = shutil.disk_usage(directory).free
            if free < required_bytes:
                raise EmbeddedError(
                    f"only {free // 2**20} MB free at {directory}, {required_bytes // 2**20} MB "
                    "are needed; free some, or set MOVIESHOW_HOME to a larger disk"
                )

    def lock(self) -> None:
        """Become the only owner; waits for one that is just stopping. Freed when we die.

        Raises:
            EmbeddedError: another process owns this home.
        """
        lock_file = self.path / "lock"
        fd = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        started = time.monotonic()
        while not _try_flock(fd):
            owner, _, state = lock_file.read_text().partition(" ")
            patience = _STOP_WAIT_SECONDS if state == _STOPPING else _BUSY_WAIT_SECONDS
            if time.monotonic() - started > patience:
                os.close(fd)
                raise EmbeddedError(
                    f"MovieShow already runs on {self.path} (process {owner or 'unknown'}); "
                    "stop it first, or set MOVIESHOW_HOME to another directory"
                )
            time.sleep(0.05)
        self._lock_fd = fd
        self._write_lock(str(os.getpid()))

    def announce_stop(self) -> None:
        """Tell a process that waits for this home that it will be free in a moment."""
        if self._lock_fd is not None:
            self._write_lock(f"{os.getpid()} {_STOPPING}")

    def unlock(self) -> None:
        """Let another process own this home."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _write_lock(self, text: str) -> None:
        if self._lock_fd is not None:
            os.ftruncate(self._lock_fd, 0)
            os.pwrite(self._lock_fd, text.encode(), 0)

    def read_secret(self, name: str, *, num_bytes: int) -> str:
        """Return the secret of this name, made at random on first use and readable by us alone."""
        path = self.path / name
        if not path.exists():
            aside = path.with_name(f"{name}.new")
            aside.unlink(missing_ok=True)
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(secrets.token_urlsafe(num_bytes))
                file.flush()
                os.fsync(file.fileno())
            aside.rename(path)
        return path.read_text().strip()

    def make_socket_directory(self) -> Path:
        """Make a short private directory for sockets, in place of one left by a dead owner."""
        self.remove_socket_directory()
        directory = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir=_SOCKET_ROOT))
        (self.path / "sockets").write_text(str(directory))
        return directory

    def remove_socket_directory(self) -> None:
        """Remove the directory of sockets, if there is one and it is ours."""
        record = self.path / "sockets"
        if not record.exists():
            return
        directory = Path(record.read_text().strip() or "/")
        is_ours = directory.parent == _SOCKET_ROOT and directory.name.startswith(_SOCKET_PREFIX)
        if is_ours and directory.is_dir() and directory.lstat().st_uid == os.geteuid():
            shutil.rmtree(directory)
        record.unlink()


def _try_flock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_reachable_by_others(path: Path) -> bool:
    """Return whether every directory on the way to and including ``path`` has o+x."""
    existing = next(p for p in (path, *path.parents) if p.exists())
    return all(p.stat().st_mode & 0o001 for p in (existing, *existing.parents))
