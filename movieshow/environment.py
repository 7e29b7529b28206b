"""Make the virtual environment: ``python -m movieshow.environment [--dev]``.

Any Python that `make` accepts will do, for this uses nothing but the standard library. It does
nothing, in a moment, if all is installed that ``pyproject.toml`` and ``constraints.txt`` ask for.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_REQUIRED_BYTES = 3 * 2**30
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class SetupError(Exception):
    """The environment cannot be made; the message is one line, for a person."""


class Environment:
    """A virtual environment in a checkout, and the record of what it was made from."""

    def __init__(self, root: Path) -> None:
        """Say which checkout; nothing is touched."""
        self._root = root
        self._venv = root / ".venv"
        self._stamp = self._venv / ".movieshow-setup.json"
        self.python = self._venv / "bin" / "python"

    def requirements(self, *, is_dev: bool) -> list[str]:
        """Return the requirements in ``pyproject.toml``, with those of development if asked."""
        project: dict[str, Any] = tomllib.loads((self._root / "pyproject.toml").read_text())
        wanted: list[str] = project["project"]["dependencies"]
        extra: list[str] = project["project"]["optional-dependencies"]["dev"]
        return wanted + extra if is_dev else wanted

    def fingerprint(self, *, is_dev: bool) -> str:
        """Return a digest of all that the environment is made from, its path included."""
        parts = [
            *self.requirements(is_dev=is_dev),
            (self._root / "constraints.txt").read_text(),
            str(self._venv),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def is_current(self, *, is_dev: bool) -> bool:
        """Return whether there is nothing to do."""
        recorded = self._read_stamp().get("dev" if is_dev else "runtime")
        return recorded == self.fingerprint(is_dev=is_dev) and self.python.exists()

    def make(self, *, is_dev: bool) -> None:
        """Create the environment where there is none, and install what is missing.

        Raises:
            SetupError: no disk space, no venv module, or pip failed.
        """
        with self._locked():
            if self.is_current(is_dev=is_dev):
                return
            self._ensure_free_space()
            self._create()
            self._install_cpu_torch()
            self._pip_install(*self.requirements(is_dev=is_dev))
            self._write_stamp(is_dev=is_dev)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let two `make` in one checkout wait for each other."""
        build = self._root / "build"
        build.mkdir(exist_ok=True)
        with (build / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_free_space(self) -> None:
        free = shutil.disk_usage(self._root).free
        if not self._has_torch() and free < _REQUIRED_BYTES:
            raise SetupError(
                f"only {free // 2**20} MB free at {self._root}; "
                f"the dependencies need {_REQUIRED_BYTES // 2**20} MB"
            )

    def _create(self) -> None:
        stamp = self._read_stamp()
        if self.python.exists() and stamp.get("path", str(self._venv)) == str(self._venv):
            return
        # One from another place has that place written into its scripts.
        shutil.rmtree(self._venv, ignore_errors=True)
        command = [sys.executable, "-m", "venv", str(self._venv)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            shutil.rmtree(self._venv, ignore_errors=True)
            raise SetupError(
                f"{sys.executable} cannot make a virtual environment; on Debian and Ubuntu: "
                f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv"
            )

    def _has_torch(self) -> bool:
        return any(self._venv.glob("lib/python3*/site-packages/torch/__init__.py"))

    def _install_cpu_torch(self) -> None:
        """Install torch without CUDA: on Linux plain pip would bring several GB of it."""
        if sys.platform != "linux" or self._has_torch():
            return
        pin = next(r for r in self.requirements(is_dev=False) if r.startswith("torch=="))
        if self._try_pip_install("--no-deps", f"{pin}+cpu"):
            return
        index = os.environ.get("TORCH_INDEX_URL", _CPU_INDEX)
        if not self._try_pip_install("--no-deps", "--index-url", index, pin):
            raise SetupError(
                f"no CPU build of {pin} at {index}; set TORCH_INDEX_URL to an index that has one"
            )

    def _pip_install(self, *arguments: str) -> None:
        constraints = str(self._root / "constraints.txt")
        command = self._pip_command("--constraint", constraints, *arguments)
        if subprocess.run(command, check=False).returncode != 0:
            raise SetupError("pip could not install the dependencies; its reason is above")

    def _try_pip_install(self, *arguments: str) -> bool:
        command = self._pip_command(*arguments)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _pip_command(self, *arguments: str) -> list[str]:
        # No bytecode beforehand: most modules of torch and its company are never imported.
        options = ("-qq", "--disable-pip-version-check", "--no-input", "--no-compile")
        return [str(self.python), "-m", "pip", "install", *options, *arguments]

    def _read_stamp(self) -> dict[str, str]:
        if not self._stamp.exists():
            return {}
        stamp: dict[str, str] = json.loads(self._stamp.read_text())
        return stamp

    def _write_stamp(self, *, is_dev: bool) -> None:
        stamp = {"path": str(self._venv), "runtime": self.fingerprint(is_dev=False)}
        if is_dev:
            stamp["dev"] = self.fingerprint(is_dev=True)
        aside = self._stamp.with_suffix(".new")
        aside.write_text(json.dumps(stamp))
        aside.rename(self._stamp)


def main() -> int:
    """Make the environment and say so; return an exit code."""
    parser = argparse.ArgumentParser(description="Make MovieShow's virtual environment.")
    parser.add_argument("--dev", action="store_true", help="with the tools for tests and lint")
    is_dev: bool = parser.parse_args().dev
    environment = Environment(ROOT)
    if environment.is_current(is_dev=is_dev):
        return 0
    sys.stderr.write("movieshow: installing dependencies into .venv (once; some minutes)\n")
    started = time.monotonic()
    try:
        environment.make(is_dev=is_dev)
    except (SetupError, OSError) as error:
        sys.stderr.write(f"movieshow: {error}\n")
        return 1
    sys.stderr.write(f"movieshow: .venv is ready ({time.monotonic() - started:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
