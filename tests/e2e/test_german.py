"""The site in German: asked for by the browser, switched in the footer, as wide as the screen."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looks import find_faults

pytestmark = pytest.mark.e2e
PAGES = ("/", "/movies/2571/", "/browse/", "/taste/", "/night/", "/import/")


def test_language_is_switched_without_scripts_and_stays(open_page: OpenPage) -> None:
    page = open_page("/search/?q=matrix", locale="de-DE", java_script_enabled=False)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_label("Search films by title")).to_have_value("matrix")
    page.get_by_role("link", name="Browse").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("link", name="Stöbern")).to_be_visible()


def test_german_pages_fit_and_have_no_violations(open_page: OpenPage) -> None:
    page = open_page("/", locale="de-DE")
    assert [fault for path in PAGES for fault in find_faults(page, path)] == []
