"""A history is brought along from elsewhere and taken back; an account is deleted."""

import secrets

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.catalog.importing.exports import (
    RATINGS,
    WATCHED,
    make_csv,
    make_imdb,
    make_letterboxd_list,
    make_trakt_zip,
    make_zip,
)
from tests.e2e.conftest import OpenPage
from tests.e2e.looks import find_faults
from tests.e2e.steps import get_rating_form

pytestmark = pytest.mark.e2e


def make_export() -> bytes:
    uri = "https://boxd.it/2a9q"
    return make_zip(
        {
            "ratings.csv": make_csv(
                RATINGS,
                ["2020-02-01", "The Matrix", 1999, uri, "4.5"],
                ["2020-02-02", "Amélie", 2001, uri, "5"],
                ["2020-02-03", "Psycho", "", uri, "4"],
                ["2020-02-04", "My Cat at Home", 2011, uri, "3"],
                ["2020-02-05", "Jaws", 1975, uri, "eleven"],
            ),
            "watchlist.csv": make_csv(WATCHED, ["2022-01-01", "Solaris", 1972, uri]),
            "lists/best.csv": make_letterboxd_list("Best of all", [["The Matrix", 1999, ""]]),
            "lists/worst.csv": make_letterboxd_list("Worst of all", [["Jaws", 1975, ""]]),
        }
    )


def upload_export(page: Page) -> None:
    page.get_by_label("Your file").set_input_files(
        FilePayload(name="letterboxd.zip", mimeType="application/zip", buffer=make_export())
    )
    page.get_by_role("button", name="Upload and read").click()


def wait_for_review(page: Page) -> None:
    expect(page.get_by_text("Waiting for your review")).to_be_visible()


def test_export_of_another_site_is_reviewed_applied_and_undone(open_page: OpenPage) -> None:
    page = open_page("/import/")
    upload_export(page)
    wait_for_review(page)
    expect(page.get_by_text("1 line could not be read and is not imported")).to_be_visible()

    assert find_faults(page, page.url) == []
    doubtful = page.get_by_role("article", name="Psycho")
    doubtful.get_by_role("radio", name="Psycho (1998)").check()
    doubtful.get_by_role("button", name="Take it").click()
    expect(doubtful.get_by_role("link", name="Psycho (1998)")).to_be_visible()
    page.get_by_role("link", name="Not found (1)").click()
    page.get_by_role("link", name="Search “My Cat at Home (2011)”").click()
    page.get_by_label("Title").fill("toy story")
    page.get_by_label("Title").press("Enter")
    page.get_by_role("button", name="It is Toy Story (1995)").click()

    page.get_by_role("button", name="Leave out “Worst of all”").click()
    expect(page.get_by_role("button", name="Import “Worst of all” after all")).to_be_visible()
    assert find_faults(page, page.url) == []

    page.get_by_role("button", name="Import what was found").click()
    expect(page.get_by_text("ratings added")).to_be_visible()
    page.get_by_role("link", name="Your lists").click()
    expect(page.get_by_role("link", name="Best of all")).to_be_visible()
    expect(page.get_by_role("link", name="Worst of all")).to_have_count(0)
    page.go_back()
    page.get_by_role("link", name="Your ratings").click()
    expect(page.get_by_text("4 films, last watched first.")).to_be_visible()
    expect(page.get_by_role("link", name="Toy Story", exact=True)).to_be_visible()

    page.go_back()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("4 ratings taken back")).to_be_visible()
    expect(page.get_by_text("1 list taken away")).to_be_visible()
    page.goto("/ratings/")
    expect(page.get_by_text("Films you rate are kept here")).to_be_visible()


FILES = {
    "imdb.csv": make_imdb(("tt0133093", 9, "2020-01-02", "The Matrix", "Movie", 1999)).encode(),
    "trakt.zip": make_trakt_zip(),
    "movielens.csv": b"movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
    b"2571,133093,603,4.5,4.1,The Matrix (1999)\n",
    "plain.csv": b"tmdbId;rating\n603;9\n",
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_sites_are_read(name: str, open_page: OpenPage) -> None:
    page = open_page("/import/")
    page.get_by_label("Your file").set_input_files(
        FilePayload(name=name, mimeType="application/octet-stream", buffer=FILES[name])
    )
    page.get_by_role("button", name="Upload and read").click()
    wait_for_review(page)
    page.get_by_role("button", name="Import what was found").click()
    expect(page.get_by_text("ratings added")).to_be_visible()
    page.get_by_role("link", name="Your ratings").click()
    widget = get_rating_form(page, "The Matrix")
    expect(widget.get_by_role("radio", name="4.5 stars")).to_be_checked()


def test_import_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/import/", java_script_enabled=False)
    upload_export(page)
    again = page.get_by_role("link", name="Look again")
    take = page.get_by_role("button", name="Take the first suggestion for all")
    expect(again.or_(take).first).to_be_visible()
    while not take.count():
        again.or_(take).first.wait_for()
        if again.count():
            again.click()
    take.click()
    expect(page.get_by_text("1 suggestion taken.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Discarded: nothing was imported.")).to_be_visible()


def test_account_is_deleted_with_all_of_it(open_page: OpenPage) -> None:
    page = open_page("/account/signup/")
    name, password = f"gone-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("All that was yours is deleted.")).to_be_visible()
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").first).to_contain_text("not correct")
