"""Gives each xdist worker its own Redis database; loaded by pytest before the settings are.

pytest-django reads the settings before any conftest.py, so this is a plugin (``-p`` in
pyproject.toml). Postgres databases are told apart by pytest-django itself.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit, urlunsplit

_REDIS_DATABASES = 16


def redis_url_of_worker(url: str, worker: str) -> str:
    """Return ``url`` with the Redis database of an xdist worker such as ``gw1``.

    Database 0 is left to a run without xdist; with more than 15 workers they share.
    """
    number = 1 + int(re.sub(r"\D", "", worker) or 0) % (_REDIS_DATABASES - 1)
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _separate_worker() -> None:
    worker, url = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("REDIS_URL")
    if worker and url:
        os.environ["REDIS_URL"] = redis_url_of_worker(url, worker)


_separate_worker()
