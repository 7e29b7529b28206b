"""A movie night from the invitation to the film."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import join_night, start_night
from tests.e2e.walks.walk import stops_at


@stops_at("nights", "night", "night_join", "home")
def night(open_page: OpenPage, site: Site) -> Iterator[Page]:
    host, guest = open_page("/night/"), open_page("/")
    yield host
    link = start_night(host, "Ada", rule="The host picks")
    guest.goto(link)
    yield guest
    join_night(guest, link, "Ben")
    yield guest
    address = host.url
    guest.goto("/")
    guest.get_by_role("radio", name="With Ada").check()
    guest.get_by_role("list", name="Predicted stars").first.wait_for()
    yield guest
    host.goto(f"{address}?q=matrix")
    yield host
    host.get_by_role("radio", name=re.compile("Good for all of us")).check()
    host.get_by_role("button", name="Start the vote").click()
    host.get_by_role("heading", name="Which would you watch?").wait_for()
    yield host
    yield open_page(link)
    for page in (host, guest):
        page.goto(address)
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Vote", exact=True).click()
    guest.get_by_role("heading", name="You watch").wait_for()
    yield guest
    host.goto("/night/")
    yield host


WALKS = (night,)
