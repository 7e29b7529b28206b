"""Ports for servers that tests start."""

import socket


def find_free_port() -> int:
    """Return a port of loopback nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
