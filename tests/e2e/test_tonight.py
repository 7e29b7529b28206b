"""The question for the evening, with and without scripts, and by keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import rate, rate_in_welcome

pytestmark = pytest.mark.e2e


def get_picks(page: Page) -> list[str]:
    return page.locator(".pick__title").all_inner_texts()


def test_evening_is_answered_in_place_and_its_address_can_be_shared(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 4.5, 5.0, 3.5)
    page.goto("/")
    films = page.locator(".pick__title")
    expect(films).to_have_count(3)
    first, *others = get_picks(page)

    pick = page.locator(".pick").first
    pick.get_by_role("button", name="Seen it").click()
    expect(page.get_by_text(f"You have seen “{first}”. How was it?")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(films).to_have_count(3)
    assert first not in get_picks(page)
    assert set(others) <= set(get_picks(page))
    page.keyboard.press("Enter")
    expect(films.first).to_have_text(first)

    page.get_by_role("button", name="Three more").click()
    expect(page).to_have_url(re.compile(r"\?page=2$"))
    expect(page.locator(".pick__title a").first).to_be_focused()
    assert not set(get_picks(page)) & {first, *others}

    # Where no length is known minutes are asked for only by an address that has some.
    page.goto("/?minutes=90")
    page.get_by_role("group", name="Time I have").get_by_role("radio", name="120 min").check()
    expect(page).to_have_url(re.compile(r"\?minutes=120$"))
    page.get_by_text("Mood and genres").click()
    page.get_by_role("checkbox", name="Comedy").check()
    expect(page).to_have_url(re.compile(r"\?minutes=120&genre=Comedy$"))
    shown = get_picks(page)
    page.reload()
    assert get_picks(page) == shown
    expect(page.get_by_role("radio", name="120 min")).to_be_checked()


def find_repeated(page: Page) -> set[str]:
    """Return the films for the evening that stand in a row as well."""
    picks = page.locator(".pick").evaluate_all("all => all.map(one => one.id.slice(5))")
    cards = page.locator(".card").evaluate_all("all => all.map(one => one.id.slice(5))")
    assert len(cards) == len(set(cards))
    return set(picks) & set(cards)


def test_no_film_stands_twice_whatever_is_answered(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 4.5, 5.0, 3.5)
    page.goto("/")
    films = page.locator(".pick__title")
    expect(films).to_have_count(3)
    assert not find_repeated(page)
    for name in ("Three more", "Three more", "Seen it", "Not for me"):
        shown = get_picks(page)
        page.locator(".tonight__films").get_by_role("button", name=name).first.click()
        expect(films).not_to_have_text(shown)
        expect(films).to_have_count(3)
        assert not find_repeated(page)


def test_evening_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    first = get_picks(page)[0]
    page.get_by_text("Mood and genres").click()
    page.get_by_role("checkbox", name="Horror").check()
    page.get_by_role("button", name="Show three films").click()
    expect(page).to_have_url(re.compile(r"\?genre=Horror#tonight$"))
    page.goto("/")
    page.locator(".pick").first.get_by_role("button", name="Not for me").click()
    expect(page.get_by_text(f"“{first}” will not be shown to you again.")).to_be_visible()
    expect(page.locator(".pick")).to_have_count(3)
    assert first not in get_picks(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".pick").first).to_contain_text(first)


def test_services_are_chosen_and_a_film_is_being_watched(
    open_page: OpenPage, site: Site, tmp_path: Path
) -> None:
    offers = tmp_path / "offers.csv"
    offers.write_text("service,movie_id\nLantern,2571\nLantern,1199\nOther,318\n")
    site.manage("import_services", str(offers))
    page = open_page("/movies/260/")
    rate(page, "Star Wars: Episode IV - A New Hope", 4.5)
    page.goto("/")
    page.get_by_text("My services").click()
    with page.expect_response("**/tonight/"):
        page.get_by_role("checkbox", name="Lantern").check()
    expect(page.locator(".pick").get_by_text("On Lantern").first).to_be_visible()
    page.reload()
    page.get_by_text("My services (1)").click()
    expect(page.get_by_role("checkbox", name="Lantern")).to_be_checked()

    first = get_picks(page)[0]
    page.locator(".pick").first.get_by_role("button", name="Watching").click()
    expect(page.get_by_text(f"Enjoy “{first}”! It is in your diary.")).to_be_visible()
    assert first not in get_picks(page)
    page.goto("/diary/")
    expect(page.get_by_role("link", name=first, exact=True)).to_be_visible()
