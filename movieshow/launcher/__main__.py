"""Start MovieShow on this computer: ``python -m movieshow.launcher --port 8000``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from typing import TextIO

from movieshow.embedded.foreground import (
    Stopped,
    ignore_stop_signals,
    raise_on_stop_signals,
    run_in_foreground,
)
from movieshow.embedded.home import CHECKOUT, EmbeddedError, Home
from movieshow.embedded.processes import die_with_parent, stop_orphans
from movieshow.embedded.servers import Servers
from movieshow.launcher.services import Supervisor, describe_services

_DEMO_LOGIN = "demo"
_LAST_PORT = 65_535
_READY_SECONDS = 90.0
_WATCH_SECONDS = 0.5


class LaunchError(Exception):
    """MovieShow cannot start or go on; the message is one line, for a person."""


def main() -> int:
    """Run MovieShow until told to stop; return an exit code."""
    options = _parse()
    raise_on_stop_signals()
    if options.die_with_parent:
        die_with_parent(signal.SIGTERM)
    try:
        _launch(port=_read_port(options.port))
    except Stopped:
        _say("stopped")
        return 0
    except (EmbeddedError, LaunchError, OSError) as error:
        _say(str(error), to=sys.stderr)
        return 1
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m movieshow.launcher", description=__doc__)
    parser.add_argument("--port", default="8000", help="where the site listens")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="stop when the starting process dies"
    )
    return parser.parse_args()


def _read_port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LAST_PORT:
        raise LaunchError(f"{text!r} is not a port; give a number from 1 to {_LAST_PORT}")
    return int(text)


def _launch(*, port: int) -> None:
    started = time.monotonic()
    home = Home()
    with Servers(home) as servers:
        _ensure_port_is_free(port)
        environment = servers.environment(os.environ)
        if environment.get("ALLOWED_HOSTS"):
            environment["ALLOWED_HOSTS"] += ",127.0.0.1"  # where we ask whether it is ready
        password = home.read_secret("demo_password", num_bytes=12)
        _prepare({**environment, "MOVIESHOW_DEMO_PASSWORD": password})
        supervisor = Supervisor(logs=home.logs, environment=environment)
        try:
            web, *others = describe_services(port=port, metrics=home.path / "metrics")
            supervisor.start(web)
            _wait_until_ready(supervisor, port=port)
            for service in others:  # later, so as not to slow the first page down
                supervisor.start(service)
            _say(f"ready at http://127.0.0.1:{port}/ ({time.monotonic() - started:.0f} s)")
            _say(f"demo login: {_DEMO_LOGIN}  password: {password}")
            _say(f"Ctrl-C stops it; logs are in {home.logs}")
            _watch(supervisor, servers)
        finally:
            ignore_stop_signals()
            home.announce_stop()
            supervisor.stop()
            stop_orphans(owner=str(home.path), directories=())


def _say(text: str, *, to: TextIO | None = None) -> None:
    stream = to or sys.stdout
    with contextlib.suppress(BrokenPipeError):  # whoever read along has gone; we go on
        stream.write(f"movieshow: {text}\n")
        stream.flush()


def _ensure_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError as error:
            raise LaunchError(f"port {port} is for root alone; try: make run PORT=8000") from error
        except OSError as error:
            other = port + 1 if port < _LAST_PORT else 8000
            raise LaunchError(
                f"port {port} is taken ({error.strerror}); try: make run PORT={other}"
            ) from error


def _prepare(environment: dict[str, str]) -> None:
    """Bring database, demo data, model, static files and demo login up to date."""
    manage = str(CHECKOUT / "manage.py")
    command = [sys.executable, manage, "prepare", "--demo-login", _DEMO_LOGIN]
    code = run_in_foreground(command, {"LOG_LEVEL": "WARNING", **environment})
    if code != 0:
        raise LaunchError(f"could not prepare the database (exit code {code}); the reason is above")


def _wait_until_ready(supervisor: Supervisor, *, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while (missing := _what_is_missing(port)) is not None:
        if (ended := supervisor.find_ended()) is not None:
            raise LaunchError(ended)
        if time.monotonic() > deadline:
            raise LaunchError(
                f"not ready after {_READY_SECONDS:.0f} s: {missing}; see {supervisor.log_of('web')}"
            )
        time.sleep(0.1)


def _what_is_missing(port: int) -> str | None:
    """Return None when the site is ready, else what /readyz says of it."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
            return None
    except urllib.error.HTTPError as error:
        return _unready_checks(error.read())
    except OSError as error:
        return f"the web server does not answer ({error})"


def _unready_checks(body: bytes) -> str:
    try:
        checks: dict[str, str] = json.loads(body)["checks"]
    except (ValueError, KeyError):
        return body.decode(errors="replace")[:200]
    return "; ".join(f"{name}: {text}" for name, text in checks.items() if text != "ok")


def _watch(supervisor: Supervisor, servers: Servers) -> None:
    """Return never; raise when a part has ended for good or we are told to stop."""
    while True:
        for warning in supervisor.restart_ended():
            _say(f"warning: {warning}", to=sys.stderr)
        if (ended := supervisor.find_ended()) is not None:
            raise LaunchError(ended)
        if (server := servers.find_dead()) is not None:
            raise LaunchError(f"embedded {server} ended by itself; its log is in the logs folder")
        time.sleep(_WATCH_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
