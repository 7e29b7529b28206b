"""Films are found, rated and kept by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.keyboard import Keys
from tests.e2e.steps import get_films, get_rating_form, get_titles_to_rate

pytestmark = pytest.mark.e2e
MATRIX = "/movies/2571/"


def open_with_keys(open_page: OpenPage, path: str) -> tuple[Page, Keys]:
    page = open_page(path, reduced_motion="reduce")
    return page, Keys(page)


def test_evening_is_answered_and_a_pick_taken_back(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/?minutes=90")
    keys.choose("Time I have", "120 min")
    expect(page).to_have_url(re.compile(r"\?minutes=120$"))
    keys.unfold("Mood and genres")
    keys.tick("Comedy")
    expect(page).to_have_url(re.compile(r"\?minutes=120&genre=Comedy$"))
    first = page.locator(".pick__title").first.inner_text()
    keys.open("button", f"Not for me {first}")
    expect(page.get_by_text(f"“{first}” will not be shown to you again.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".pick__title").first).to_have_text(first)
    expect(page.locator(".pick__title a").first).to_be_focused()
    keys.open("button", "Three more")
    expect(page).to_have_url(re.compile(r"page=2$"))
    taken = page.locator(".pick__title a").first
    expect(taken).to_be_focused()
    keys.open("button", f"Watching {taken.inner_text()}")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    keys.open("button", "Back to the first three")
    expect(page).to_have_url(re.compile("genre=Comedy$"))
    expect(page.locator(".pick__title a").first).to_be_focused()


def test_skip_link_leads_past_the_header(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/")
    keys.open("link", "Skip to content")
    keys.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_welcome_is_gone_through(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/")
    keys.open("link", "Start with your taste")
    keys.tick("Sci-Fi")
    keys.go_to_role("combobox", "Your age, if you like to say")
    keys.press("ArrowDown")
    keys.open("button", re.compile("Next: rate films"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Which of these have you seen?")
    unknown, *known = get_titles_to_rate(page)
    keys.open("button", f"Don’t know {unknown}: show another film")
    expect(get_rating_form(page, unknown)).to_have_count(0)
    for title in known[:5]:
        keys.choose(f"Your rating of {title}", "4 stars")
        expect(get_rating_form(page, title).get_by_role("status")).to_contain_text("4 stars")
    expect(page.get_by_text("5 films rated: your picks are ready.")).to_be_visible()
    keys.open("link", re.compile("Show my picks"))
    expect(page.get_by_role("heading", name="Top picks for you")).to_be_visible()


def test_film_is_searched_as_one_types_and_opened(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/search/")
    expect(page.get_by_role("main").get_by_role("searchbox")).to_be_focused()
    keys.type("godfater")
    expect(page).to_have_url(re.compile(r"\?q=godfater$"))
    keys.open("link", "The Godfather")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Godfather")
    keys.go_to_role("searchbox", "Search films", backwards=True)
    keys.type("toy story")
    keys.press("Enter")
    expect(page.get_by_role("link", name="Toy Story", exact=True)).to_be_visible()


def test_films_are_browsed_by_filters_and_pages(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/browse/")
    keys.go_to_role("combobox", "Decade")
    keys.type("1990")
    expect(page).to_have_url(re.compile("decade=1990"))
    keys.unfold("More filters")
    keys.tick("Drama", within=page.get_by_role("group", name="Any of these genres"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Dramas of the 1990s")
    first = get_films(page)
    keys.open("link", "Next")
    expect(page).to_have_url(re.compile("page=2"))
    assert not set(first) & set(get_films(page))


def test_film_is_rated_kept_and_written_down(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, MATRIX)
    keys.choose("Your rating of The Matrix", "4.5 stars")
    expect(get_rating_form(page, "The Matrix").get_by_role("status")).to_contain_text("4.5 stars")
    keys.open("link", "What would I give it?")
    expect(page.locator(".forecast [tabindex]")).to_be_focused()
    keys.open("button", "Watchlist")
    expect(page.locator("#watch-2571")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#watch-2571")).to_be_focused()
    keys.unfold("Watched it?")
    keys.go_to(page.get_by_label("About that day"))
    keys.type("With Ada")
    keys.open("button", "Add to diary")
    said = page.get_by_text("is in your diary")
    expect(said).to_be_focused()
    diary = page.get_by_role("region", name="Your diary")
    keys.open("button", re.compile("^Remove"), within=diary)
    keys.open("button", "Undo", within=diary)
    expect(page.get_by_text("With Ada")).to_be_visible()
    keys.unfold("Write a note")
    keys.go_to(page.get_by_label("About the film"))
    keys.type("The lobby!")
    keys.open("button", "Save note")
    expect(page.get_by_text("The lobby!")).to_be_visible()
