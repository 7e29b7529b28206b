"""What TMDB tells of films, from an operator's wish to the pages: people, services, pictures."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.tmdb_films import DIRECTOR, LIKED, VAMPIRE, VAMPIRE_TITLE
from tests.e2e.tmdb_steps import have_facts_fetched, like_films_of_one_director

pytestmark = pytest.mark.e2e


def read_poster(page: Page) -> tuple[str, int]:
    """Return where the poster of a film's page comes from, and its own width once it is there."""
    poster = page.locator(".film__poster")
    poster.evaluate("image => image.decode()")
    source, width = poster.evaluate("image => [image.getAttribute('src'), image.naturalWidth]")
    return str(source), int(width)


def test_film_shows_its_people_services_text_and_picture(open_page: OpenPage, site: Site) -> None:
    have_facts_fetched(open_page, site)
    page = open_page(f"/movies/{VAMPIRE}/")
    source, width = read_poster(page)
    assert re.fullmatch(rf"/posters/{VAMPIRE}-[0-9a-f]{{16}}-large\.webp", source)
    assert width == 600
    expect(page.locator(".film__words")).to_contain_text("123 min")
    expect(page.get_by_text("Directed by Neil Jordan")).to_be_visible()
    cast = page.get_by_role("region", name="Cast")
    expect(cast.get_by_text("Player A")).to_be_visible()
    expect(cast.get_by_text("Player J")).to_be_hidden()
    cast.locator("summary").click()
    expect(cast.get_by_text("Player J")).to_be_visible()
    offers = page.get_by_role("region", name="Where to watch")
    expect(offers.get_by_role("listitem")).to_contain_text(["Streamly", "Reel Rental"])
    expect(offers).to_contain_text("JustWatch")
    about = page.get_by_role("region", name="About")
    expect(about).to_contain_text(f"{VAMPIRE_TITLE} tells of a lighthouse.")
    expect(about).to_contain_text("not endorsed or certified by TMDB")
    # Where there is no picture, the drawn poster stays.
    page.goto(f"/movies/{next(iter(LIKED))}/")
    assert read_poster(page)[0].split("?")[0].endswith(".svg")


def test_home_knows_people_lengths_and_services(open_page: OpenPage, site: Site) -> None:
    have_facts_fetched(open_page, site)
    page = open_page("/")
    like_films_of_one_director(page)
    page.goto("/")
    row = page.get_by_role("region", name="New to you from people you like")
    expect(row).to_contain_text("Directors and leading actors of several films")
    expect(row).to_contain_text(f"By {DIRECTOR}: you liked 2 of their films")
    page.goto("/?minutes=90")
    expect(page.get_by_text("so the time has no effect")).to_have_count(0)
    lengths = page.locator(".pick .facts").all_inner_texts()
    known = [int(found[1]) for text in lengths if (found := re.search(r"(\d+) min", text))]
    assert len(lengths) == 3
    assert all(minutes <= 90 for minutes in known)
    page.get_by_text("My services").click()
    with page.expect_response("**/tonight/"):
        page.get_by_role("checkbox", name="Streamly").check()
    page.goto("/")
    where = re.compile("On Streamly|Where to watch it is not known")
    expect(page.locator(".pick").filter(has_text=where)).to_have_count(3)
