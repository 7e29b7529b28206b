from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.catalog.tmdb.stand_in import StandIn
from tests.e2e.stack import Site, run_browser, run_site
from tests.e2e.tmdb_films import make_films

# Far beyond what a page takes: a busy machine makes the tests slow, not red.
TIMEOUT_MS = 90_000
expect.set_options(timeout=60_000)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with StandIn(make_films()) as tmdb, run_site(tmdb) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with run_browser() as running:
        yield running


class Watcher:
    """Notes what a page may never do: fail in the console, break the policy, call other hosts."""

    def __init__(self, site: Site) -> None:
        self.host = urlsplit(site.url).netloc
        self.complaints: list[str] = []

    def follow(self, page: Page) -> None:
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("requestfailed", self._note_failure)

    def _note_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.complaints.append(f"other host: {url}")

    def _note_failure(self, request: Any) -> None:
        # A page left while its pictures were coming is no failure.
        if "ERR_ABORTED" not in str(request.failure):
            self.complaints.append(f"failed: {request.url} {request.failure}")


@pytest.fixture
def open_page(site: Site, browser: Browser) -> Iterator[OpenPage]:
    """Open a page in a browser of its own; at the end nothing may have gone wrong in any.

    With `is_watched` false it may: where a page is to fail, the browser complains of it.
    """
    watcher, contexts = Watcher(site), list[BrowserContext]()
    site.forget_limits()

    def open_new(path: str = "/", *, is_watched: bool = True, **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        if is_watched:
            watcher.follow(page)
        page.goto(path)
        return page

    yield open_new
    for context in contexts:
        context.close()
    assert watcher.complaints == []
