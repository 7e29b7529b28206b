"""Rating, hiding, listing and searching for films."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import get_films, get_rating_form, rate

pytestmark = pytest.mark.e2e
MATRIX = "/movies/2571/"


def test_stars_are_set_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    widget = get_rating_form(page, "The Matrix")
    first = widget.get_by_role("radio").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("radio => radio === document.activeElement"):
            break
    expect(first).to_be_focused()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(widget.get_by_role("radio", name="3.5 stars")).to_be_checked()
    expect(widget.get_by_role("status")).to_contain_text("Saved: 3.5 stars")
    expect(widget.get_by_role("radio", name="3.5 stars")).to_be_focused()
    page.reload()
    expect(widget.get_by_role("radio", name="3.5 stars")).to_be_checked()


def test_rating_is_removed_and_undone(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    widget = get_rating_form(page, "The Matrix")
    rate(page, "The Matrix", 4.0)
    rate(page, "The Matrix", 1.0)
    widget.get_by_role("button", name="Undo").click()
    expect(widget.get_by_role("radio", name="4 stars")).to_be_checked()
    widget.get_by_role("button", name="Remove").click()
    expect(widget.get_by_role("status")).to_contain_text("Rating removed.")
    expect(widget.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.get_by_role("radio", name="4 stars")).to_be_checked()
    page.goto("/ratings/")
    expect(widget.get_by_role("radio", name="4 stars")).to_be_checked()


def test_film_not_wanted_goes_and_comes_back(open_page: OpenPage) -> None:
    page = open_page("/")
    card = page.locator("[id^=film-]").first
    name = card.get_attribute("id")
    assert name
    card.get_by_role("button", name=re.compile("Not interested in")).click()
    gone = page.locator(f"#{name}")
    expect(gone).to_contain_text("will not be shown to you again")
    expect(gone.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(gone.get_by_role("link")).to_be_visible()
    gone.get_by_role("button", name=re.compile("Not interested in")).click()
    expect(gone).to_contain_text("will not be shown")
    page.goto("/")
    assert name.removeprefix("film-") not in get_films(page)
    page.goto("/taste/")
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_text("may be shown again")).to_be_visible()


def test_watchlist_keeps_a_film(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    page.get_by_role("button", name="Watchlist", exact=True).click()
    expect(page.get_by_role("button", name="Watchlist", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.goto("/watchlist/")
    expect(page.get_by_role("link", name="The Matrix")).to_be_visible()


@pytest.mark.parametrize(("typed", "found"), [("godfater", "The Godfather"), ("amelie", "Amelie")])
def test_search_forgives_typing_as_one_types(typed: str, found: str, open_page: OpenPage) -> None:
    page = open_page("/search/")
    page.get_by_label("Search films by title").press_sequentially(typed, delay=30)
    expect(page.locator(".card__title").filter(has_text=found).first).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/search/\?q={typed}$"))
    page.reload()
    expect(page.locator(".card__title").filter(has_text=found).first).to_be_visible()


def test_search_in_the_header_works_from_anywhere(open_page: OpenPage) -> None:
    page = open_page("/browse/")
    page.get_by_label("Search films").fill("toy story")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Toy Story", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Story")
    expect(page.get_by_role("link", name=re.compile("the Wikipedia article"))).to_be_visible()


def test_browse_filters_as_one_chooses(open_page: OpenPage) -> None:
    page = open_page("/browse/")
    page.get_by_text("More filters").click()
    wanted = page.get_by_role("group", name="Any of these genres")
    wanted.get_by_role("checkbox", name="Western").check()
    expect(page.get_by_role("heading", level=1)).to_have_text("Westerns")
    page.get_by_label("Decade").select_option("1960s")
    expect(page).to_have_url(re.compile("/browse/\\?decade=1960&genre=western$"))
    expect(page.get_by_role("link", name="For a Few Dollars More")).to_be_visible()
    unwanted = page.get_by_role("group", name="None of these")
    unwanted.get_by_role("checkbox", name="Action").check()
    expect(page.get_by_role("link", name="For a Few Dollars More")).to_have_count(0)
    page.get_by_label("Length").select_option("2 to 2½ hours")
    expect(
        page.get_by_text("Films of which it is not known whether they fit come last and say so.")
    ).to_be_visible()
    page.reload()
    page.get_by_text("More filters 3 in use").click()
    expect(wanted.get_by_role("checkbox", name="Western")).to_be_checked()
    page.get_by_label("From year").fill("1975")
    page.get_by_label("To year").fill("1970")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The last year is before the first.").first).to_be_visible()
