"""Pages of films, of a taste and of lists, as a member with a few ratings sees them."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import rate_in_welcome, sign_up
from tests.e2e.tmdb_films import VAMPIRE
from tests.e2e.tmdb_steps import have_facts_fetched, like_films_of_one_director
from tests.e2e.walks.walk import stops_at

PATHS = (
    "/",
    "/?minutes=90&genre=Comedy&genre=Drama",
    "/welcome/",
    "/welcome/films/",
    "/movies/2571/",
    "/movies/2571/predicted/",
    "/movies/2571/diary/",
    "/movies/2571/note/",
    "/diary/",
    "/search/?q=godfater",
    "/browse/?genre=drama&runtime=short&year_from=2000&year_to=1990",
    "/ratings/",
    "/watchlist/",
    "/taste/",
    "/taste/statistics/",
    "/account/delete/",
    "/export/",
)


@stops_at(
    "home", "welcome", "welcome_films", "movie", "predicted_stars", "log_movie", "note_movie",
    "diary", "diary_entry", "search", "browse", "ratings", "watchlist", "taste", "taste_stats",
    "account_delete", "export",
)  # fmt: skip
def member(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/")
    sign_up(page)
    page.goto("/welcome/films/")
    rate_in_welcome(page, 5.0, 4.0, 3.5, 4.5, 0.5)
    page.goto("/movies/1/")
    page.get_by_role("button", name="Not for me").click()
    page.get_by_role("button", name="Undo").wait_for()
    page.goto("/movies/2571/diary/")
    page.get_by_role("button", name="Add to diary").click()
    page.get_by_text("is in your diary").wait_for()
    page.get_by_role("button", name="Watchlist", exact=True).click()
    page.locator("#watch-2571[aria-pressed=true]").wait_for()
    for path in PATHS:
        page.goto(path)
        yield page
    page.goto("/diary/")
    page.get_by_role("link", name="Change").click()
    yield page


@stops_at("lists", "list", "edit_list", "delete_list", "shared_list")
def list_maker(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/lists/")
    page.get_by_label("Name").fill("Rainy days")
    page.get_by_role("button", name="Make the list").click()
    for movie_id in (2571, 1199):
        page.goto(f"/movies/{movie_id}/")
        page.get_by_text("Add to a list").click()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("It is on “Rainy days”.").wait_for()
    page.goto("/lists/")
    yield page
    page.get_by_role("link", name="Rainy days").click()
    page.get_by_role("link", name="Rename or share").click()
    yield page
    page.get_by_label("Whoever has the link may see it").check()
    page.get_by_role("button", name="Save").click()
    yield page
    yield open_page(page.locator(".key").inner_text())
    page.get_by_role("link", name="Delete").click()
    yield page


@stops_at("home", "movie")
def reader_of_facts(open_page: OpenPage, site: Site) -> Iterator[Page]:
    """Where TMDB told of films: their people, services, text and pictures."""
    have_facts_fetched(open_page, site)
    page = open_page("/")
    like_films_of_one_director(page)
    page.goto("/")
    page.get_by_role("heading", name="New to you from people you like").wait_for()
    yield page
    page.goto(f"/movies/{VAMPIRE}/")
    page.get_by_text("Text from TMDB").wait_for()
    yield page


WALKS = (member, list_maker, reader_of_facts)
