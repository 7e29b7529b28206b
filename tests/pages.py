"""Pages as tests read them."""

from typing import Any

from django.test import Client


def read(client: Client, url: str = "/", status: int = 200, **headers: str) -> str:
    """Return the page at an address, which answers with this status."""
    answer: Any = client.get(url, headers=headers)
    assert answer.status_code == status, (url, answer.status_code, answer.content[:500])
    return str(answer.content.decode())
