"""Pages as somebody sees them of whom nothing is known."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.walks.walk import stops_at

PATHS = (
    "/",
    "/movies/2571/",
    "/search/?q=godfater",
    "/browse/?sort=best",
    "/taste/",
    "/taste/statistics/",
    "/ratings/",
    "/lists/",
    "/account/",
    "/export/",
    "/account/login/",
    "/account/signup/",
    "/account/inactive/",
    "/account/confirm-email/",
)


@stops_at(
    "home", "movie", "search", "browse", "taste", "taste_stats", "ratings", "lists", "account",
    "export", "account_login", "account_signup", "account_inactive",
    "account_email_verification_sent",
)  # fmt: skip
def stranger(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/")
    for path in PATHS:
        page.goto(path)
        yield page


WALKS = (stranger,)
