"""An import in all the states it can be in."""

from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page

from tests.catalog.importing.exports import RATINGS, make_csv, make_zip
from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.walks.walk import stops_at

FILE = make_zip(
    {
        "ratings.csv": make_csv(
            RATINGS,
            ["2020-02-01", "The Matrix", 1999, "https://boxd.it/2a9q", "4.5"],
            ["2020-02-03", "Psycho", "", "https://boxd.it/2a9q", "4"],
            ["2020-02-04", "My Cat at Home", 2011, "https://boxd.it/2a9q", "3"],
            ["2020-02-05", "Jaws", 1975, "https://boxd.it/2a9q", "eleven"],
        )
    }
)
# No worker is quick enough or slow enough to be looked at while it reads.
SET_STATUS = "UPDATE catalog_historyimport SET status = %s, films_total = 9 WHERE id = %s"


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Your file").set_input_files(
        FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    )
    page.get_by_role("button", name="Upload and read").click()


@stops_at("imports", "import", "imported_film")
def importer(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/import/")
    yield page
    upload(page, "letterboxd.zip", FILE)
    page.get_by_text("Waiting for your review").wait_for()
    for kind in ("doubtful", "matched", "unmatched"):
        page.goto(f"{page.url.partition('?')[0]}?show={kind}")
        yield page
    address, number = page.url, page.url.split("/")[-2]
    page.get_by_role("link", name="Search “My Cat at Home (2011)”").click()
    yield page
    for status in ("queued", "applying"):
        site.write(SET_STATUS, status, number)
        page.goto(address)
        yield page
    site.write(SET_STATUS, "ready", number)
    page.goto(address)
    page.get_by_role("button", name="Import what was found").click()
    page.get_by_text("ratings added").wait_for()
    yield page
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_text("1 rating taken back").wait_for()
    yield page
    page.goto("/import/")
    yield page
    upload(page, "films.zip", b"no zip at all")
    page.get_by_role("alert").wait_for()
    yield page


WALKS = (importer,)
