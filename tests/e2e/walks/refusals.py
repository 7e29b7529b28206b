"""Pages that say no."""

from collections.abc import Iterator

from django.template.loader import render_to_string
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import join_night, start_night
from tests.e2e.walks.walk import stops_at

# More fields than Django reads of one request.
TOO_MANY = "&".join("a" for _ in range(1001))


@stops_at()
def refusals(open_page: OpenPage, site: Site) -> Iterator[Page]:
    # Unwatched: of each of these answers the browser complains in its console.
    page = open_page("/", is_watched=False)
    for path, words in ((f"/search/?{TOO_MANY}", "makes no sense"), ("/movies/0/", "was cut")):
        page.goto(path)
        page.get_by_role("heading", name=words).wait_for()
        yield page
    page.goto("/account/login/")
    page.context.clear_cookies()
    page.get_by_label("Login").fill("ada")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="send that again").wait_for()
    yield page
    # The site would have to break: this is what it sends when it does.
    torn = render_to_string("500.html")
    page.route("**/broken/", lambda route: route.fulfill(status=500, body=torn))
    page.goto("/broken/")
    page.get_by_role("heading", name="The film tore").wait_for()
    yield page


@stops_at("night_join")
def refused_guest(open_page: OpenPage, site: Site) -> Iterator[Page]:
    host, guest = open_page("/night/"), open_page("/", is_watched=False)
    link = start_night(host, "Ada")
    join_night(guest, link, "Ben")
    # A guest who presses what only the host has.
    leave = guest.get_by_role("button", name="Leave")
    leave.evaluate("one => { one.form.action = one.form.action.replace('leave', 'start'); }")
    leave.click()
    guest.get_by_role("heading", name="Not for you to open").wait_for()
    yield guest
    host.get_by_role("button", name="Let nobody else in").click()
    late = open_page(link, is_watched=False)
    late.get_by_role("heading", name="This link opens nothing any more").wait_for()
    yield late
    host.get_by_role("button", name="Call the night off").click()
    host.goto("/night/")
    yield host


WALKS = (refusals, refused_guest)
