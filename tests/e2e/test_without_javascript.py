"""The site in a browser that runs no scripts."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import get_rating_form

pytestmark = pytest.mark.e2e


def test_film_is_rated_and_the_rating_removed(open_page: OpenPage) -> None:
    page = open_page("/movies/2571/", java_script_enabled=False)
    widget = get_rating_form(page, "The Matrix")
    widget.get_by_role("radio", name="4.5 stars").check()
    widget.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: 4.5 stars.")).to_be_visible()
    expect(widget.get_by_role("radio", name="4.5 stars")).to_be_checked()
    widget.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Rating removed.").first).to_be_visible()


def test_welcome_is_skipped(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("link", name="Start with your taste").click()
    page.get_by_role("link", name="Skip", exact=True).click()
    page.get_by_role("link", name="Show my picks").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rate five films")


def test_film_is_hidden_and_the_message_undoes_it(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    name = page.locator("[id^=film-]").first.get_attribute("id")
    page.locator(f"#{name}").get_by_role("button").nth(1).click()
    expect(page.locator(f"#{name}")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#{name}")).to_have_count(1)


def test_search_and_browse_have_buttons(open_page: OpenPage) -> None:
    page = open_page("/search/", java_script_enabled=False)
    page.get_by_label("Search films by title").fill("godfater")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("The Godfather", exact=True)).to_be_visible()
    page.goto("/browse/")
    page.get_by_text("More filters").click()
    wanted = page.get_by_role("group", name="Any of these genres")
    wanted.get_by_role("checkbox", name="Western").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Westerns")
