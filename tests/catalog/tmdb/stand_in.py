"""A local TMDB: the same addresses and answers over real HTTP, with faults on demand.

`python -m tests.catalog.tmdb.stand_in [--port 8900] [--data DIR]` runs it for a demo, and says how
to start a site that asks it. Its pictures are drawn here, and its services are made up.
"""

import argparse
import io
import json
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw

from tests.catalog.tmdb.films import load_films

KEY = "0123456789abcdef0123456789abcdef"
API, PICTURES = "/3/movie/", "/t/p/w780/"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with an answer: a status instead, other bytes, or a way of sending them."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 0.0
    # Bytes that the Content-Length promises beyond those that come.
    missing_bytes: int = 0
    # Seconds between one byte and the next.
    drip_seconds: float = 0.0


class Asked(NamedTuple):
    """One request as it came."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    at: float


class StandIn:
    """The server: what it was asked, and what is to go wrong next, by path, one fault a request."""

    def __init__(self, films: list[dict[str, Any]], *, port: int = 0) -> None:
        self.films = {int(film["id"]): dict(film) for film in films}
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.asked: list[Asked] = []
        outer = self

        class Handler(_Handler):
            stand_in = outer

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, path: str, *faults: Fault) -> None:
        self.faults[path] += faults

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up half way is what many faults are for."""


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        headers = dict(self.headers.items())
        self.stand_in.asked.append(Asked(parts.path, query, headers, time.monotonic()))
        faults = self.stand_in.faults[parts.path]
        if faults:
            self._send_fault(faults.pop(0), parts.path)
        elif parts.path.startswith(PICTURES):
            self._send(200, draw_picture(parts.path), "image/jpeg")
        elif KEY not in query.get("api_key", []):
            self._send(401, b'{"status_code": 7}', "application/json")
        else:
            self._send_film(parts.path)

    def _send_film(self, path: str) -> None:
        film = self.stand_in.films.get(int(path.removeprefix(API) or 0))
        if film is None:
            self._send(404, b'{"status_code": 34}', "application/json")
            return
        self._send(200, json.dumps(film).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        etag = f'W/"{sha256(body).hexdigest()[:32]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", f"{kind};charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def _send_fault(self, fault: Fault, path: str) -> None:
        time.sleep(fault.seconds)
        kind = "image/jpeg" if path.startswith(PICTURES) else "application/json"
        body = b"{}" if fault.body is None else fault.body
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body) + fault.missing_bytes),
            "Connection": "close",
        }
        self.send_response(fault.status)
        for name, value in (headers | fault.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if not fault.drip_seconds:
            self.wfile.write(body)
            return
        for start in range(len(body)):
            self.wfile.write(body[start : start + 1])
            time.sleep(fault.drip_seconds)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@lru_cache(maxsize=512)
def draw_picture(path: str, size: tuple[int, int] = (780, 1170)) -> bytes:
    """Return a JPEG with a colour and circles that follow from the path."""
    digest = sha256(path.encode()).digest()
    image = Image.new("RGB", size, (digest[0], digest[1], digest[2]))
    pen = ImageDraw.Draw(image)
    for number in range(3, 27, 4):
        x, y = digest[number] * size[0] // 255, digest[number + 1] * size[1] // 255
        reach = 40 + digest[number + 2]
        shade = (digest[number + 3], digest[number], digest[number + 1])
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)
    target = io.BytesIO()
    image.save(target, format="JPEG", quality=85)
    return target.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--data", type=Path, help="folder with movie-text/tmdb.jsonl.gz")
    options = parser.parse_args()
    with StandIn(load_films(options.data), port=options.port) as running:
        sys.stdout.write(
            f"make run TMDB_API_KEY={KEY} TMDB_BASE_URL={running.url}/3 "
            f"TMDB_IMAGE_BASE_URL={running.url}/t/p\n"
        )
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
