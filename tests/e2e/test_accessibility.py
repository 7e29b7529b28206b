"""Every page by the rules of axe, in the dark and the light, on a phone and a desk."""

import itertools
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import rate_in_welcome

pytestmark = pytest.mark.e2e
PAGES = (
    "/",
    "/welcome/",
    "/welcome/films/",
    "/movies/2571/",
    "/search/?q=godfater",
    "/browse/",
    "/ratings/",
    "/watchlist/",
    "/taste/",
    "/account/",
)
ENTRANCES = ("/", "/account/login/", "/account/signup/", "/account/password/reset/")
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
LOOKS = list(itertools.product(("dark", "light"), SIZES))
NAMES = [f"{scheme} {size['width']}" for scheme, size in LOOKS]


def find_violations(page: Page, path: str) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{path}: {one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found
        for node in one["nodes"]
    ]


def check_width(page: Page, path: str) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{path}: {wide} pixels too wide"] if wide > 0 else []


@pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=NAMES)
def test_pages_have_no_violations(scheme: str, size: dict[str, int], open_page: OpenPage) -> None:
    page = open_page("/", color_scheme=scheme, viewport=size)
    wrong = []
    for path in ENTRANCES:
        page.goto(path)
        wrong += find_violations(page, path) + check_width(page, path)
    page.goto("/account/signup/")
    page.get_by_label("Username").fill(f"axe-{secrets.token_hex(4)}")
    page.get_by_label("Password", exact=True).fill(secrets.token_urlsafe(16))
    page.get_by_role("button", name="Sign up").click()
    page.goto("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
    page.goto("/movies/1/")
    page.get_by_role("button", name="Not for me").click()
    page.get_by_role("button", name="Undo").wait_for()
    page.goto("/movies/2571/")
    page.get_by_role("button", name="Watchlist", exact=True).click()
    page.locator("#watch-2571[aria-pressed=true]").wait_for()
    for path in PAGES:
        page.goto(path)
        wrong += find_violations(page, path) + check_width(page, path)
    assert wrong == []
