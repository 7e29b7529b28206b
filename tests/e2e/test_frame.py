"""What stands around every page fits all screens, and looks like what it is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import get_rating_form, get_titles_to_rate, rate, sign_up

pytestmark = pytest.mark.e2e
WIDTHS = (*range(360, 1281, 40), 1600, 1920, 2560)
# Wider than that, lines and rows of films would be too long to be taken in: 84 rem and the gutters.
MOST_CONTENT = 84 * 16
# Pages that end in different frames: with the search in the header, and without it.
PAGES = ("/browse/", "/search/?q=matrix")
_TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
# How far what takes the focus may be scrolled up, less the height of what lies over it there.
_ROOM_BELOW_HEADER = """
() => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)
  - document.querySelector(".site-header").getBoundingClientRect().height
"""
# The width of what a page holds, and how much more room there is on its left than on its right.
_CONTENT = """
() => {
  const box = document.querySelector("main").getBoundingClientRect();
  return [box.width, box.left - (document.documentElement.clientWidth - box.right)];
}
"""


def find_narrow(page: Page) -> list[str]:
    """Return where the page scrolls sideways, or its header hides what takes the focus."""
    faults = list[str]()
    for path in PAGES:
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            if page.evaluate(_TOO_WIDE) > 0:
                faults.append(f"{path} at {width}: scrolls sideways")
            if page.evaluate(_ROOM_BELOW_HEADER) < 0:
                faults.append(f"{path} at {width}: the header hides what has the focus")
            content, lean = page.evaluate(_CONTENT)
            if not min(width, MOST_CONTENT) - 1 <= content <= MOST_CONTENT or abs(lean) > 1:
                faults.append(f"{path} at {width}: {content} wide, off the middle by {lean}")
    return faults


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_width_scrolls_sideways(open_page: OpenPage, locale: str) -> None:
    assert find_narrow(open_page("/", locale=locale)) == []


def test_no_width_scrolls_sideways_for_a_member_with_a_long_name(open_page: OpenPage) -> None:
    page = open_page("/")
    sign_up(page, name="a.member.whose.name.is.as.long.as.names.may.sensibly.be")
    faults = find_narrow(page)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert faults + find_narrow(page) == []


def test_way_to_a_movie_night_looks_like_a_link_beside_the_choices(open_page: OpenPage) -> None:
    page = open_page("/")
    link = page.locator("#tonight").get_by_role("link", name=re.compile("Several of us"))
    expect(link).to_have_css("text-decoration-line", "underline")
    borders = link.evaluate(
        "one => [one, ...one.children].map(each => getComputedStyle(each).borderTopWidth)"
    )
    assert set(borders) == {"0px"}
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Movie night")


def test_stars_to_be_given_are_outlines_and_progress_is_no_stars(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    [title, *_] = get_titles_to_rate(page)
    widget = get_rating_form(page, title)
    shape = "all => all.map(one => getComputedStyle(one, '::before').maskImage)"
    assert all("outline" in one for one in widget.locator(".stars__half").evaluate_all(shape))
    rate(page, title, 1.5)
    page.mouse.move(0, 0)
    shapes = widget.locator(".stars__half").evaluate_all(shape)
    assert ["outline" in one for one in shapes] == [False] * 3 + [True] * 7
    expect(page.locator(".progress__steps li").first).to_have_css("mask-image", "none")


def test_questions_for_the_evening_stand_in_rows_without_gaps(open_page: OpenPage) -> None:
    page = open_page("/", locale="de-DE", viewport={"width": 1024, "height": 800})
    button = page.get_by_role("button", name="Drei Filme zeigen").bounding_box()
    folded = page.locator("#tonight-form summary").first.bounding_box()
    assert button is not None
    assert folded is not None
    # Beside what is folded, or in the very next row.
    assert button["y"] - (folded["y"] + folded["height"]) < 40


def test_bar_of_the_welcome_is_one_row_on_a_phone_in_german(open_page: OpenPage) -> None:
    page = open_page("/welcome/", locale="de-DE", viewport={"width": 360, "height": 740})
    tops = page.locator(".welcome-bar .button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
