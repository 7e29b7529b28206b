"""Turning one's picks, what the ratings add up to, and lists of films."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looks import find_faults
from tests.e2e.steps import get_films, rate_in_welcome

pytestmark = pytest.mark.e2e
MATRIX, BRAZIL = "/movies/2571/", "/movies/1199/"


def put_on_new_list(page: Page, name: str) -> None:
    page.get_by_text("Add to a list").click()
    page.get_by_label("Name of a new list").fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"It is on “{name}”.")).to_be_visible()


def test_dials_are_turned_by_keyboard_with_a_preview_and_kept(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 5.0)
    page.goto("/taste/")
    dial = page.get_by_role("group", name="Popular or obscure")
    dial.get_by_role("radio", name="as it comes").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(dial.get_by_role("radio", name="far more obscure")).to_be_checked()
    page.get_by_role("checkbox", name="Horror").check()
    page.get_by_label("Only films of the last years").fill("30")
    page.get_by_label("Variety").select_option("More")
    expect(page.get_by_text("nothing is saved yet")).to_be_visible()
    expect(page.locator(".preview img")).to_have_count(6)
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: your picks follow it from now on.")).to_be_visible()
    expect(dial.get_by_role("radio", name="far more obscure")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Horror")).to_be_checked()

    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="How your stars spread")).to_be_visible()
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("row", name="5 stars 2")).to_be_visible()
    assert find_faults(page, "/taste/statistics/") == []


def test_list_is_made_ordered_shared_and_deleted(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    put_on_new_list(page, "Rainy days")
    page.goto(BRAZIL)
    page.get_by_text("Add to a list").click()
    page.get_by_label("List", exact=True).select_option("Rainy days")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("It is on “Rainy days”.")).to_be_visible()

    page.goto("/lists/")
    page.get_by_role("link", name=re.compile("Rainy days")).click()
    assert get_films(page) == ["2571", "1199"]
    up = page.get_by_role("button", name="Move Brazil up")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Brazil” is number 1.")).to_be_visible()
    assert get_films(page) == ["1199", "2571"]
    page.get_by_role("button", name="Take The Matrix off the list").click()
    expect(page.get_by_text("“The Matrix” is off the list.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="The Matrix", exact=True)).to_be_visible()
    assert find_faults(page, page.url) == []

    page.get_by_role("link", name="Rename or share").click()
    page.get_by_label("Name").fill("Wet days")
    page.get_by_label("Whoever has the link may see it").check()
    page.get_by_role("button", name="Save").click()
    link = page.locator(".key").inner_text()
    other = open_page(link)
    expect(other.get_by_role("heading", name="Wet days")).to_be_visible()
    assert get_films(other) == ["1199", "2571"]
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the list").click()
    expect(page.get_by_text("“Wet days” is deleted.")).to_be_visible()


def test_list_is_ordered_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/lists/", java_script_enabled=False)
    page.get_by_label("Name").fill("Plain")
    page.get_by_role("button", name="Make the list").click()
    for film in (MATRIX, BRAZIL):
        page.goto(film)
        page.get_by_text("Add to a list").click()
        page.get_by_role("button", name="Add", exact=True).click()
    page.goto("/lists/")
    page.get_by_role("link", name=re.compile("Plain")).click()
    page.get_by_role("button", name="Move The Matrix down").click()
    expect(page.get_by_text("“The Matrix” is number 2.")).to_be_visible()
    page.get_by_role("button", name="Take Brazil off the list").click()
    page.get_by_role("button", name="Undo").click()
    assert get_films(page) == ["1199", "2571"]


def test_hidden_film_is_shown_again_and_hidden_again(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    page.get_by_role("button", name="Not for me").click()
    page.get_by_role("button", name="Undo").wait_for()
    page.goto("/taste/")
    entry = page.locator("#film-2571")
    entry.get_by_role("button", name=re.compile("Show again")).click()
    expect(entry.get_by_text("may be shown again")).to_be_visible()
    entry.get_by_role("button", name="Undo").click()
    expect(entry.get_by_role("button", name=re.compile("Show again"))).to_be_visible()
