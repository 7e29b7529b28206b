"""Every page by the rules of axe, in the dark and the light, on a phone and a desk."""

import secrets
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import join_night, rate_in_welcome, start_night

pytestmark = pytest.mark.e2e
PAGES = (
    "/",
    "/?minutes=90&genre=Comedy&genre=Drama",
    "/welcome/",
    "/welcome/films/",
    "/movies/2571/",
    "/movies/2571/predicted/",
    "/movies/2571/diary/",
    "/movies/2571/note/",
    "/diary/",
    "/search/?q=godfater",
    "/browse/?genre=drama&runtime=short&year_from=2000&year_to=1990",
    "/ratings/",
    "/watchlist/",
    "/taste/",
    "/taste/statistics/",
    "/lists/",
    "/account/",
    "/account/2fa/",
    "/account/delete/",
    "/import/",
    "/night/",
)
ENTRANCES = ("/", "/account/login/", "/account/signup/", "/account/password/reset/")
LOOKS: tuple[tuple[Literal["dark", "light"], int, int], ...] = (
    ("dark", 360, 740),
    ("light", 360, 740),
    ("light", 1280, 800),
    ("dark", 1280, 800),
)


def find_faults(page: Page, path: str) -> list[str]:
    """Return what axe finds in the looks of a page, and where it is wider than the screen."""
    page.goto(path)
    axe, faults = Axe(), []
    for scheme, width, height in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        faults += [
            f"{path} {scheme} {width}: {one['id']} {node['target']} {node.get('failureSummary')}"
            for one in axe.run(page).response["violations"]
            for node in one["nodes"]
        ]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{path} {width}: wider than the screen")
    return faults


@pytest.mark.parametrize("path", ENTRANCES)
def test_pages_of_somebody_new_have_no_violations(path: str, open_page: OpenPage) -> None:
    assert find_faults(open_page(path), path) == []


def test_pages_of_a_member_have_no_violations(open_page: OpenPage) -> None:
    page = open_page("/account/signup/")
    page.get_by_label("Username").fill(f"axe-{secrets.token_hex(4)}")
    page.get_by_label("Password", exact=True).fill(secrets.token_urlsafe(16))
    page.get_by_role("button", name="Sign up").click()
    page.goto("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
    page.goto("/movies/1/")
    page.get_by_role("button", name="Not for me").click()
    page.get_by_role("button", name="Undo").wait_for()
    page.goto("/movies/2571/diary/")
    page.get_by_role("button", name="Add to diary").click()
    page.get_by_text("is in your diary").wait_for()
    page.get_by_role("button", name="Watchlist", exact=True).click()
    page.locator("#watch-2571[aria-pressed=true]").wait_for()
    assert [fault for path in PAGES for fault in find_faults(page, path)] == []


def test_pages_of_a_movie_night_have_no_violations(open_page: OpenPage) -> None:
    host, guest = open_page("/night/"), open_page("/")
    link = start_night(host, "Ada", rule="The host picks")
    faults = find_faults(guest, link)
    join_night(guest, link, "Ben")
    faults += find_faults(host, f"{host.url}?q=matrix")
    host.get_by_role("radio", name="Good for all of us").check()
    host.get_by_role("button", name="Start the vote").click()
    host.get_by_role("heading", name="Which would you watch?").wait_for()
    faults += find_faults(host, host.url)
    for page in (host, guest):
        page.goto(host.url)
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Vote", exact=True).click()
    guest.get_by_role("heading", name="You watch").wait_for()
    assert faults + find_faults(guest, guest.url) == []
