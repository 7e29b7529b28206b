"""A keep-alive HTTP/1.1 client for one or many connections, microseconds of work a request.

One thread; each connection has at most one request out. Latency is from the send to the last byte.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 30.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class BadAnswerError(Exception):
    """The server closed, was silent, or answered something other than 200."""


@dataclass
class Load:
    """What one run of requests saw: latencies in seconds, wall and client CPU seconds."""

    latencies: list[float] = field(default_factory=list)
    wall_seconds: float = 0.0
    client_cpu_seconds: float = 0.0
    answer_bytes: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.wall_seconds if self.wall_seconds else 0.0

    def add(self, other: Load) -> None:
        """Take another run's requests as if they had followed this one's."""
        self.latencies += other.latencies
        self.wall_seconds += other.wall_seconds
        self.client_cpu_seconds += other.client_cpu_seconds
        self.answer_bytes = other.answer_bytes


def make_request(
    path: str, *, token: str = "", cookie: str = "", accept: str = "", put: bytes = b""
) -> bytes:
    """Return the bytes of a GET, or of a PUT of JSON."""
    lines = [f"{'PUT' if put else 'GET'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if put:
        lines += ["Content-Type: application/json", f"Content-Length: {len(put)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if accept:
        lines.append(f"Accept-Encoding: {accept}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + put


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.buffer = b""
        self.wanted = 0

    def send(self, request: bytes) -> None:
        self.buffer, self.wanted = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; True when the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise BadAnswerError("the server closed the connection")
        self.buffer = self.buffer + part if self.buffer else part
        if not self.wanted:
            end = self.buffer.find(_HEAD_END)
            if end < 0:
                return False
            self.wanted = end + 4 + _read_length(self.buffer[:end])
        return len(self.buffer) >= self.wanted


def _read_length(head: bytes) -> int:
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise BadAnswerError(head.split(b"\r\n", 1)[0].decode(errors="replace"))
    start = head.lower().find(_LENGTH)
    if start < 0:
        raise BadAnswerError("the answer has no Content-Length")
    return int(head[start + len(_LENGTH) :].split(b"\r\n", 1)[0])


def fetch(port: int, request: bytes) -> bytes:
    """Return the body of one answer, over a connection of its own."""
    connection = _Connection(port)
    try:
        connection.send(request)
        while not connection.receive():
            pass
        return connection.buffer[connection.buffer.find(_HEAD_END) + 4 :]
    finally:
        connection.socket.close()


def run_load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float | None = None
) -> Load:
    """Send the requests over so many connections; over and over for `seconds`, else each once.

    Raises:
        BadAnswerError: an answer was not 200.
    """
    source = _endless(requests) if seconds is not None else iter(requests)
    cpu, start = time.process_time(), time.perf_counter()
    deadline = start + seconds if seconds is not None else float("inf")
    load = Load()
    pool = [_Connection(port) for _ in range(min(connections, len(requests)))]
    try:
        start = time.perf_counter()
        _drive(pool, source, deadline, load)
        load.wall_seconds = time.perf_counter() - start
    finally:
        for connection in pool:
            connection.socket.close()
    load.client_cpu_seconds = time.process_time() - cpu
    load.answer_bytes = pool[0].wanted
    return load


def _endless(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _drive(pool: list[_Connection], source: Iterator[bytes], deadline: float, load: Load) -> None:
    with selectors.DefaultSelector() as selector:
        for connection in pool:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(source))
        out = len(pool)
        while out:
            events = selector.select(TIMEOUT_SECONDS)
            if not events:
                raise BadAnswerError(f"no answer within {TIMEOUT_SECONDS:.0f} s")
            for key, _mask in events:
                answering: _Connection = key.data
                if not answering.receive():
                    continue
                now = time.perf_counter()
                load.latencies.append(now - answering.sent_at)
                request = next(source, None) if now < deadline else None
                if request is None:
                    out -= 1
                else:
                    answering.send(request)
