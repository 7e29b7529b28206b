"""What pages weigh before their pictures, and that nothing moves while posters come late."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page, Route, ViewportSize

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import join_night, rate_in_welcome, start_night
from tests.e2e.tmdb_films import VAMPIRE
from tests.e2e.tmdb_steps import have_facts_fetched

pytestmark = pytest.mark.e2e
PAGES = (
    "/",
    "/welcome/films/",
    "/movies/2571/",
    f"/movies/{VAMPIRE}/",
    "/search/?q=godfater",
    "/browse/?sort=best",
    "/ratings/",
    "/taste/",
    "/taste/statistics/",
    "/lists/",
    "/diary/",
    "/import/",
    "/night/",
    "/account/",
)
# A film that is given a name whose letters are in fonts that other pages do without.
POLISH = 1176
MOST_BYTES = 150_000
MOST_SHIFT = 0.01
LATE_MS = 300
WITH_POSTERS = (
    "/",
    "/welcome/films/",
    "/movies/2571/",
    f"/movies/{VAMPIRE}/",
    "/browse/",
    "/search/?q=love",
)
SIZES: tuple[ViewportSize, ...] = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
READ_SHIFTS = """
() => new Promise(resolve => {
  const shifts = [];
  const observer = new PerformanceObserver(list => shifts.push(...list.getEntries()));
  observer.observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(shifts.map(shift => shift.value)), 100);
})
"""


class Scales:
    """Adds up what comes over the wire for pages, all but pictures."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._kinds: dict[str, tuple[str, str]] = {}
        self.bytes: dict[str, int] = {}
        self._session.on("Network.responseReceived", self._note)
        self._session.on("Network.loadingFinished", self._weigh)
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _note(self, event: dict[str, object]) -> None:
        response = event["response"]
        assert isinstance(response, dict)
        self._kinds[str(event["requestId"])] = (str(event["type"]), response["url"])

    def _weigh(self, event: dict[str, object]) -> None:
        kind, url = self._kinds.get(str(event["requestId"]), ("", ""))
        if kind and kind != "Image":
            self.bytes[urlsplit(url).path] = int(str(event["encodedDataLength"]).split(".")[0])

    def weigh(self, page: Page, path: str) -> dict[str, int]:
        """Return the bytes of each file of a page but its pictures, the heaviest first."""
        self.bytes = {}
        page.goto(path)
        page.evaluate("document.fonts.ready")
        page.wait_for_load_state("networkidle")
        return dict(sorted(self.bytes.items(), key=lambda pair: -pair[1]))


def test_pages_weigh_little_before_their_pictures(open_page: OpenPage, site: Site) -> None:
    have_facts_fetched(open_page, site)
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
    scales = Scales(page)
    for path in PAGES:
        weights = scales.weigh(page, path)
        kinds = {name.rsplit(".", 1)[-1] for name in weights}
        assert {"css", "js", "woff2"} <= kinds, (path, weights)
        assert sum(weights.values()) <= MOST_BYTES, (path, weights)


def test_page_with_letters_of_more_fonts_weighs_little_too(open_page: OpenPage, site: Site) -> None:
    name = "SELECT title FROM catalog_movie WHERE id = %s"
    [[title]] = site.read(name, POLISH)
    rename = "UPDATE catalog_movie SET title = %s WHERE id = %s"
    site.write(rename, "Gwiżdżę, Žižkov, Şehir", POLISH)
    try:
        page = open_page("/welcome/films/")
        rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
        weights = Scales(page).weigh(page, f"/movies/{POLISH}/")
    finally:
        site.write(rename, title, POLISH)
    assert sum("-latin-ext-" in name for name in weights) == 2, weights
    assert sum(weights.values()) <= MOST_BYTES, weights


class LatePosters:
    """Holds back the posters of a page until they are let through."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self._is_open = False
        page.route("**/posters/**", self._hold)

    def _hold(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self.held.append(route)

    def read_shifts(self, page: Page, path: str) -> list[float]:
        """Open a page, let its posters come when the rest has, and return how far things moved."""
        self.held, self._is_open = [], False
        page.goto(path, wait_until="domcontentloaded")
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.wait_for_timeout(LATE_MS)
        assert self.held, f"{path} has no posters"
        self._is_open = True
        for route in self.held:
            route.continue_()
        page.wait_for_load_state("networkidle")
        shifts: list[float] = page.evaluate(READ_SHIFTS)
        return shifts


def make_list(page: Page) -> str:
    """Put a film on a list; return its address."""
    page.goto("/lists/")
    page.get_by_label("Name").fill("Rainy days")
    page.get_by_role("button", name="Make the list").click()
    page.get_by_role("heading", name="Rainy days", level=1).wait_for()
    address = page.url
    page.goto("/movies/2571/")
    page.get_by_text("Add to a list").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("It is on “Rainy days”.").wait_for()
    return address


def begin_vote(page: Page, guest: Page) -> str:
    """Let two people come to the vote of a movie night; return its address."""
    link = start_night(page, "Ada")
    join_night(guest, link, "Ben")
    page.get_by_role("button", name="Start the vote").click()
    page.get_by_role("heading", name="Which would you watch?").wait_for()
    return page.url


def test_nothing_moves_while_posters_come_late(open_page: OpenPage, site: Site) -> None:
    have_facts_fetched(open_page, site)
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
    paths = (*WITH_POSTERS, make_list(page), begin_vote(page, open_page("/")))
    posters, moved = LatePosters(page), {}
    for size in SIZES:
        page.set_viewport_size(size)
        for path in paths:
            shifts = posters.read_shifts(page, path)
            if sum(shifts) > MOST_SHIFT:
                moved[path, size["width"]] = shifts
    assert moved == {}
