"""Browsing in an order, page by page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import get_films, rate

pytestmark = pytest.mark.e2e


def get_years(page: Page) -> list[int]:
    facts = page.locator(".card__facts > span:first-child").all_inner_texts()
    return [int(text) for text in facts if re.fullmatch(r"\d{4}", text)]


def test_films_are_sorted_and_paged_by_number(open_page: OpenPage) -> None:
    page = open_page("/browse/?genre=western")
    by_fame = get_films(page)
    for order, is_newest_first in (("Newest", True), ("Oldest", False)):
        page.get_by_label("Sort by").select_option(label=order)
        expect(page).to_have_url(re.compile(f"sort={order.lower()}"))
        years = get_years(page)
        assert len(years) > 10
        assert years == sorted(years, reverse=is_newest_first)
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Page 2").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(pages.locator("[aria-current=page]")).to_have_text("2")
    second = get_films(page)
    pages.get_by_role("link", name="Previous").click()
    expect(pages.locator("[aria-current=page]")).to_have_text("1")
    assert second
    assert not set(second) & set(get_films(page))
    page.get_by_label("Sort by").select_option(index=0)
    expect(page).not_to_have_url(re.compile("sort="))
    assert get_films(page) == by_fame


def test_only_films_not_seen_are_shown_when_asked_for(open_page: OpenPage) -> None:
    page = open_page("/movies/2571/")
    rate(page, "The Matrix", 4.0)
    page.goto("/browse/?genre=sci-fi")
    assert "2571" in get_films(page)
    page.locator("summary").filter(has_text="More filters").click()
    page.get_by_label("Only films I have not seen").check()
    expect(page).to_have_url(re.compile("unseen=on"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("not yet seen")
    films = get_films(page)
    assert films
    assert "2571" not in films
    page.reload()
    assert get_films(page) == films
