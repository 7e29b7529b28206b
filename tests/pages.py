"""Pages as tests read them."""

import re
from html import unescape
from typing import Any

from django.test import Client


def read(client: Client, url: str = "/", status: int = 200, **headers: str) -> str:
    """Return the page at an address, which answers with this status."""
    answer: Any = client.get(url, headers=headers)
    assert answer.status_code == status, (url, answer.status_code, answer.content[:500])
    return str(answer.content.decode())


def read_undo(page: str) -> tuple[str, dict[str, str]]:
    """Return where the form that undoes posts to, and its fields."""
    [form] = [part for part in re.findall(r"<form.*?</form>", page, re.S) if "Undo" in part]
    action = re.search(r'action="([^"]+)"', form)
    assert action is not None
    fields = re.findall(r'type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form)
    return unescape(action.group(1)), {name: unescape(value) for name, value in fields}
