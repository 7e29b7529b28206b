"""A first visit, from the invitation to an account that keeps it all."""

import re
import secrets

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import (
    get_films,
    get_rating_form,
    get_reasons,
    get_titles_to_rate,
    rate,
    rate_in_welcome,
)

pytestmark = pytest.mark.e2e


def test_guest_rates_five_films_gets_reasons_and_keeps_all_in_an_account(
    open_page: OpenPage,
) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Start with your taste").click()
    for genre in ("Sci-Fi", "Thriller"):
        page.get_by_role("checkbox", name=genre).check()
    page.get_by_role("button", name="Next: rate films").click()
    rated = rate_in_welcome(page, 5.0, 4.5, 4.0, 4.5, 5.0)
    expect(page.get_by_text("5 films rated: your picks are ready.")).to_be_visible()

    page.get_by_role("link", name="Show my picks").click()
    expect(page.get_by_role("heading", name="Top picks for you")).to_be_visible()
    expect(page.get_by_text("From everything you have watched, in order.")).to_be_visible()
    reasons = get_reasons(page)
    assert reasons
    assert reasons <= set(rated)
    before = get_films(page)
    assert len(before) == len(set(before)) > 20

    page.locator(".card__link").first.click()
    another = page.get_by_role("heading", level=1).inner_text()
    rate(page, another, 4.0)
    page.get_by_role("link", name="For you").click()
    expect(page.get_by_role("heading", name="Top picks for you")).to_be_visible()
    after = get_films(page)
    assert after != before
    expect(page.get_by_role("link", name=another, exact=True)).to_have_count(0)

    page.get_by_role("link", name="Keep my ratings").click()
    name = f"visitor-{secrets.token_hex(4)}"
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(secrets.token_urlsafe(16))
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    assert get_films(page) == after
    page.goto("/ratings/")
    for title in (*rated, another):
        expect(get_rating_form(page, title)).to_be_visible()
    expect(page.get_by_text("6 films, last watched first.")).to_be_visible()


def test_one_to_four_ratings_blend_and_say_how_many_are_missing(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    rate_in_welcome(page, 4.0, 3.5)
    page.get_by_role("link", name="Show my picks").click()
    expect(page.get_by_text("Rate 3 more films")).to_be_visible()
    expect(page.get_by_text(re.compile("A blend of what is popular"))).to_be_visible()


def test_welcome_takes_seen_and_unknown_and_asks_on(open_page: OpenPage) -> None:
    page = open_page("/welcome/films/")
    first = get_titles_to_rate(page)
    page.get_by_role("button", name=f"Don’t know {first[0]}: show another film").press("Enter")
    expect(get_rating_form(page, first[0])).to_have_count(0)
    second = get_titles_to_rate(page)
    assert second[1:] == first[1:]
    another = page.get_by_role("button", name=f"Don’t know {second[0]}: show another film")
    expect(another).to_be_focused()

    seen = page.get_by_role("button", name=f"Seen {first[1]}, no stars now")
    seen.click()
    expect(seen).to_have_attribute("aria-pressed", "true")
    rate(page, first[2], 4.5)
    page.reload()
    assert get_titles_to_rate(page) == second
    expect(seen).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("1 of 5 rated")).to_be_visible()

    page.get_by_role("button", name="Other films").click()
    expect(get_rating_form(page, first[2])).to_have_count(0)
    third = get_titles_to_rate(page)
    assert len(third) == len(second)
    assert not set(third) & {*first, *second}


def test_age_is_kept_and_may_be_taken_back(open_page: OpenPage) -> None:
    page = open_page("/welcome/")
    for age in ("35 to 44", "Rather not"):
        page.get_by_label("Your age, if you like to say").select_option(label=age)
        page.get_by_role("button", name="Next: rate films").click()
        expect(page.get_by_role("heading", name="Which of these have you seen?")).to_be_visible()
        page.goto("/welcome/")
        chosen = page.get_by_label("Your age, if you like to say").locator("option:checked")
        expect(chosen).to_have_text(age)


def test_member_logs_in_and_out_and_makes_a_token(open_page: OpenPage) -> None:
    page = open_page("/account/signup/")
    name, password = f"member-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name=name).click()
    page.get_by_label("Name", exact=True).fill("My phone")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".key")).to_contain_text("ms_")
    page.get_by_role("button", name="Revoke My phone").click()
    expect(page.get_by_text("Token revoked")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
