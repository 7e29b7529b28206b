"""The page of a film: stars, forecast, reasons, diary and note, with and without scripts."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import TIMEOUT_MS, OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import get_rating_form, rate

pytestmark = pytest.mark.e2e
MATRIX = "/movies/2571/"
TERMINATOR_2 = "/movies/589/"
TASTE = ((260, "Star Wars: Episode IV - A New Hope"), (541, "Blade Runner"), (79132, "Inception"))


def make_taste(page: Page) -> None:
    for movie_id, title in TASTE:
        page.goto(f"/movies/{movie_id}/")
        rate(page, title, 5.0)


def press_tab_until_focused(page: Page, selector: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no way to {selector} by the keyboard")


def test_stars_are_undone_and_done_again_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    widget = get_rating_form(page, "The Matrix")
    press_tab_until_focused(page, "[name=stars]")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    expect(widget.get_by_role("status")).to_contain_text("Saved: 4 stars")
    page.keyboard.press("Tab")
    expect(widget.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.get_by_role("status")).to_contain_text("Rating removed.")
    expect(widget.get_by_role("radio", checked=True)).to_have_count(0)
    expect(widget.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.get_by_role("radio", name="4 stars")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(widget.get_by_role("status")).to_contain_text("Saved: 3.5 stars")


def test_screen_readers_hear_a_group_of_ten_stars_and_what_was_saved(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    rate(page, "The Matrix", 4.5)
    heard = get_rating_form(page, "The Matrix").aria_snapshot()
    assert 'group "Your rating of The Matrix"' in heard
    assert re.findall(r'radio "([^"]+)" \[checked\]', heard) == ["4.5 stars"]
    assert len(re.findall('radio "', heard)) == 10
    assert re.search(r'status:\s+- text: "?Saved:"?\s+- strong: 4.5 stars', heard)
    assert "Undo: your rating of The Matrix" in heard


def test_stars_that_could_not_be_saved_fall_back(site: Site, browser: Browser) -> None:
    # Not watched for faults in the console: this one is wanted.
    page = browser.new_page(base_url=site.url)
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(MATRIX)
    widget = get_rating_form(page, "The Matrix")
    rate(page, "The Matrix", 4.0)
    busy = {"status": 429, "content_type": "text/plain", "body": "Too many at once."}
    page.route("**/rating/", lambda route: route.fulfill(**busy))
    with page.expect_response("**/rating/"):
        widget.get_by_role("radio", name="1 star", exact=True).check()
        expect(widget.get_by_role("radio", name="1 star", exact=True)).to_be_checked()
    expect(page.get_by_role("alert")).to_have_text("Too many at once.")
    expect(widget.get_by_role("radio", name="4 stars")).to_be_checked()
    page.close()


def test_stars_given_without_a_connection_fall_back_and_can_be_given_again(
    site: Site, browser: Browser
) -> None:
    # Not watched for faults in the console: this one is wanted.
    page = browser.new_page(base_url=site.url)
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(MATRIX)
    widget = get_rating_form(page, "The Matrix")
    rate(page, "The Matrix", 4.0)
    page.context.set_offline(True)
    widget.get_by_role("radio", name="1 star", exact=True).check()
    expect(page.get_by_role("alert")).to_have_text("No connection: your change was not saved.")
    expect(widget.get_by_role("radio", name="4 stars")).to_be_checked()
    page.context.set_offline(False)
    rate(page, "The Matrix", 1.0)
    page.reload()
    expect(widget.get_by_role("radio", name="1 star", exact=True)).to_be_checked()
    page.close()


def test_forecast_is_kept_back_until_asked_for(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    make_taste(page)
    page.goto(MATRIX)
    expect(page.get_by_text(re.compile("Four times in five"))).to_have_count(0)
    press_tab_until_focused(page, ".forecast__ask")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Four times in five your stars would"))).to_be_visible()
    expect(page.locator(".forecast__stars")).to_be_focused()
    page.get_by_role("link", name="Keep it back again").click()
    expect(page.get_by_role("link", name="What would I give it?")).to_be_visible()


def test_reason_is_muted_and_undone(open_page: OpenPage) -> None:
    page = open_page(TERMINATOR_2)
    make_taste(page)
    page.goto(TERMINATOR_2)
    why = page.get_by_role("region", name="Why it may be for you")
    cause = why.get_by_role("listitem").first
    title = cause.get_by_role("link").inner_text()
    cause.get_by_role("button", name=re.compile("Stop using it as a reason")).click()
    expect(why.get_by_text(f"“{title}” is used as a reason no more.")).to_be_focused()
    expect(why.get_by_role("link", name=title)).to_have_count(0)
    page.goto("/taste/")
    expect(page.get_by_role("link", name=title)).to_be_visible()
    page.goto(TERMINATOR_2)
    expect(why.get_by_role("link", name=title)).to_have_count(0)


def test_diary_takes_a_day_and_gives_it_back(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    mine = page.get_by_role("region", name="Your diary")
    mine.get_by_text("Watched it? Write down when").click()
    mine.get_by_label("Watched on").fill("2020-05-17")
    mine.get_by_label("About that day").fill("With Ada")
    mine.get_by_role("button", name="Add to diary").click()
    expect(mine.get_by_text("is in your diary")).to_be_focused()
    mine.get_by_role("button", name=re.compile("Remove")).click()
    mine.get_by_role("button", name="Undo").click()
    expect(mine.get_by_text("With Ada")).to_be_visible()
    page.goto("/diary/")
    expect(page.get_by_role("heading", name="May 2020")).to_be_visible()
    page.get_by_role("link", name=re.compile("Change")).click()
    page.get_by_label("I had seen it before").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("seen before")).to_be_visible()


def test_page_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page(MATRIX, java_script_enabled=False)
    page.get_by_role("link", name="What would I give it?").click()
    expect(page.get_by_text(re.compile("Four times in five"))).to_be_visible()
    page.get_by_text("Watched it? Write down when").click()
    page.get_by_label("Watched on").fill("2020-05-17")
    page.get_by_role("button", name="Add to diary").click()
    expect(page.get_by_text("“The Matrix” is in your diary.")).to_be_visible()
    page.get_by_text("Write a note").click()
    page.get_by_label("About the film").fill("The lobby!")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_label("About the film")).to_have_value("The lobby!")
    page.get_by_role("button", name="Stop using this film as a reason").click()
    expect(page.get_by_role("button", name="Use it as a reason again")).to_be_visible()
    widget = get_rating_form(page, "The Matrix")
    widget.get_by_role("radio", name="4 stars").check()
    widget.get_by_role("button", name="Save").click()
    page.locator(".message").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Rating removed.").first).to_be_visible()


@pytest.mark.parametrize("path", ["/movies/1196/", MATRIX])
def test_neither_column_of_a_film_is_left_empty(open_page: OpenPage, path: str) -> None:
    page = open_page("/", viewport={"width": 1280, "height": 900})
    make_taste(page)
    page.goto(path)
    ends = page.locator(".film__part").evaluate_all(
        "parts => parts.map(one => one.lastElementChild.getBoundingClientRect().bottom"
        " - one.getBoundingClientRect().top)"
    )
    assert min(ends) > 0.6 * max(ends), ends
