"""What can be missing when MovieShow is started is said in one line, with no traceback."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.platform.conftest import ROOT, Install


def assert_one_line(done: "subprocess.CompletedProcess[str]", *, containing: str) -> None:
    assert done.returncode == 1, done.stderr
    assert containing in done.stderr
    assert done.stderr.startswith("movieshow: ")
    assert done.stderr.count("\n") == 1


def test_a_taken_port_is_said_with_another_to_try(install: Install) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = install.run("movieshow.launcher", "--port", str(port))
    assert_one_line(done, containing=f"port {port} is taken")
    assert install.processes() == []


@pytest.mark.parametrize("port", ["0", "65536", "eight", ""])
def test_what_is_no_port_is_refused(install: Install, port: str) -> None:
    done = install.run("movieshow.launcher", "--port", port)
    assert_one_line(done, containing="is not a port")


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_an_unreachable_server_is_named(install: Install, variable: str) -> None:
    scheme = "postgres" if variable == "DATABASE_URL" else "redis"
    done = install.run("movieshow.launcher", **{variable: f"{scheme}://:hush@127.0.0.1:1/0"})
    assert_one_line(done, containing=variable)
    assert "hush" not in done.stderr


def test_a_malformed_database_url_is_named(install: Install) -> None:
    done = install.run("movieshow.launcher", DATABASE_URL="nonsense")
    assert_one_line(done, containing="DATABASE_URL")


def test_a_second_run_on_the_same_home_is_refused(install: Install) -> None:
    install.start()
    done = install.run("movieshow.launcher", "--port", "8999")
    assert_one_line(done, containing="already runs")


def test_a_full_disk_is_said_before_anything_is_written(fresh_install: Install) -> None:
    done = fresh_install.run("movieshow.launcher", MOVIESHOW_MIN_FREE_MB="999999999")
    assert_one_line(done, containing="MB free")
    assert not (fresh_install.home / "postgres").exists()


def make_old_python(directory: Path) -> Path:
    """Make a program that answers as Python 3.9 does."""
    program = directory / "python"
    program.write_text(
        '#!/bin/sh\ncase "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac\n'
    )
    program.chmod(0o755)
    return program


def test_a_wrong_python_is_said_in_one_line(tmp_path: Path) -> None:
    old = make_old_python(tmp_path)
    done = subprocess.run(
        ["make", "--no-print-directory", "setup", f"PYTHON={old}"],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0
    assert len(lines) == 1
    assert "Python 3.11 or 3.12 is needed" in lines[0]
    assert "Python 3.9.2" in lines[0]
