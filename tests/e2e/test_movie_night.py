"""Two people in two browsers find a film; a third comes too late."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.steps import join_night, rate, start_night

pytestmark = pytest.mark.e2e


def test_two_people_decide_and_their_pages_follow(open_page: OpenPage) -> None:
    ada = open_page("/movies/2571/")
    rate(ada, "The Matrix", 5.0)
    link = start_night(ada, "Ada")
    ben = open_page("/", viewport={"width": 390, "height": 800})
    join_night(ben, link, "Ben")
    people = ada.get_by_role("region", name="Who is in")
    expect(people.get_by_text("Ben")).to_be_visible()

    night_url = ada.url
    ada.goto("/")
    who = ada.get_by_role("group", name="Who is watching")
    who.get_by_role("radio", name="With Ben").check()
    expect(ada).to_have_url(re.compile(r"\?with=\d+$"))
    forecasts = ada.locator(".pick").get_by_role("list", name="Predicted stars")
    expect(forecasts).to_have_count(3)
    expect(forecasts.first).to_contain_text("Ben")
    ada.goto(night_url)

    ada.get_by_role("button", name="Start the vote").click()
    for page in (ada, ben):
        expect(page.get_by_role("heading", level=1)).to_have_text("Which would you watch?")
    films = ada.locator(".up")
    expect(films).to_have_count(8)
    expect(films.first).to_contain_text(re.compile("None of you is predicted below|is predicted"))
    title = films.nth(1).get_by_role("heading").inner_text()
    label = f"I would watch this: {title}"

    ben.get_by_role("checkbox", name=label).check()
    ada.get_by_role("checkbox", name=label).check()
    ben.get_by_role("button", name="Vote", exact=True).click()
    expect(ben.get_by_text("Your vote is in.")).to_be_visible()
    # Ada's page hears of it, and what she has ticked stays.
    expect(people.get_by_text("1 of 2 have voted.")).to_be_visible()
    expect(ada.get_by_role("checkbox", name=label)).to_be_checked()
    ada.get_by_role("button", name="Vote", exact=True).click()
    for page in (ada, ben):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"You watch {title}")
    late = open_page(link)
    expect(late.get_by_text("The vote has begun")).to_be_visible()


def test_host_without_scripts_makes_a_list_and_removes_somebody(open_page: OpenPage) -> None:
    ada = open_page("/night/", java_script_enabled=False)
    link = start_night(ada, "Ada", rule="The host picks")
    ben = open_page(link, java_script_enabled=False)
    join_night(ben, link, "Ben")
    ada.get_by_role("link", name="Look again").click()
    expect(ada.get_by_role("button", name="Remove Ben")).to_be_visible()
    for query, film in (("matrix", "The Matrix"), ("godfater", "The Godfather")):
        ada.get_by_label("Find a film for the list").fill(query)
        ada.get_by_role("button", name="Search", exact=True).click()
        ada.get_by_role("button", name=f"Add {film}", exact=True).click()
        expect(ada.get_by_role("button", name=f"Take {film} off")).to_be_visible()
    ada.get_by_role("button", name="Start the vote").click()
    expect(ada.locator(".up")).to_have_count(2)
    ada.get_by_role("button", name="Remove Ben").click()
    expect(ada.get_by_text("Ben is no longer in")).to_be_visible()
    ben.goto("/night/")
    expect(ben.get_by_text("None yet.")).to_be_visible()
