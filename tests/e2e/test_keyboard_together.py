"""Taste, lists, imports, movie nights and accounts by keyboard alone."""

import re
import secrets

import pytest
from playwright.sync_api import FilePayload, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.second_factor import read_code
from tests.e2e.steps import get_films, get_rating_form, sign_up
from tests.e2e.test_import import make_export
from tests.e2e.test_keyboard import MATRIX, open_with_keys

pytestmark = pytest.mark.e2e
BRAZIL = "/movies/1199/"


def test_dials_are_turned_and_kept(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/taste/")
    keys.choose("Popular or obscure", "far more obscure")
    keys.fill("Only films of the last years", "30")
    keys.tick("Horror")
    expect(page.get_by_text("nothing is saved yet")).to_be_visible()
    keys.open("button", "Save")
    expect(page.get_by_text("Saved: your picks follow it from now on.")).to_be_visible()
    expect(page.get_by_role("radio", name="far more obscure")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Horror")).to_be_checked()


def test_list_is_made_ordered_and_deleted(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/lists/")
    keys.fill("Name", "Rainy days")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rainy days")
    for film in (MATRIX, BRAZIL):
        page.goto(film)
        keys.unfold("Add to a list")
        keys.open("button", "Add")
        expect(page.get_by_text("It is on “Rainy days”.")).to_be_visible()
    page.goto("/lists/")
    keys.open("link", re.compile("Rainy days"))
    keys.open("button", "Move Brazil up")
    expect(page.get_by_text("“Brazil” is number 1.")).to_be_visible()
    keys.open("button", "Take The Matrix off the list")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("link", name="The Matrix", exact=True)).to_be_visible()
    assert get_films(page) == ["1199", "2571"]
    keys.open("link", "Delete")
    keys.open("button", "Delete the list")
    expect(page.get_by_text("“Rainy days” is deleted.")).to_be_visible()


def test_file_is_uploaded_reviewed_and_imported(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/import/")
    # Who only asks for a file when one is chosen may be too late: the browser is told meanwhile.
    page.on("filechooser", lambda _chooser: None)
    keys.go_to(page.get_by_label("Your file"))
    with page.expect_file_chooser() as asked:
        keys.press("Space")
    asked.value.set_files(
        FilePayload(name="letterboxd.zip", mimeType="application/zip", buffer=make_export())
    )
    keys.open("button", "Upload and read")
    expect(page.get_by_text("Waiting for your review")).to_be_visible()
    keys.choose(re.compile("Which film is “Psycho”"), "Psycho (1998)")
    keys.open("button", "Take it")
    expect(page.get_by_role("link", name="Psycho (1998)")).to_be_visible()
    keys.go_to_role("button", "Import what was found", backwards=True)
    keys.press("Enter")
    expect(page.get_by_text("ratings added")).to_be_visible()
    keys.open("button", "Undo this import")
    expect(page.get_by_text("3 ratings taken back")).to_be_visible()


def test_statistics_are_read_as_tables(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, MATRIX)
    keys.choose("Your rating of The Matrix", "4.5 stars")
    expect(get_rating_form(page, "The Matrix").get_by_role("status")).to_contain_text("4.5 stars")
    page.goto("/taste/")
    keys.open("link", "Statistics")
    spread = page.get_by_role("region", name="How your stars spread")
    keys.go_to(spread.locator("summary"))
    keys.press("Enter")
    expect(spread.get_by_role("table")).to_be_visible()
    keys.press("Enter")
    expect(spread.get_by_role("table")).to_have_count(0)


def test_night_is_called_joined_and_decided(open_page: OpenPage) -> None:
    ada, ada_keys = open_with_keys(open_page, "/night/")
    ada_keys.fill("Your name here", "Ada")
    ada_keys.choose("How films are chosen", re.compile("Nobody suffers"))
    ada_keys.open("button", "Start and get the link")
    ben, ben_keys = open_with_keys(open_page, ada.locator("#night-link").inner_text())
    ben_keys.fill("Your name here", "Ben")
    ben_keys.open("button", "Join and agree to that")
    ada_keys.open("button", "Start the vote")
    for page, keys in ((ada, ada_keys), (ben, ben_keys)):
        expect(page.get_by_role("heading", level=1)).to_have_text("Which would you watch?")
        title = ada.locator(".up").nth(1).get_by_role("heading").inner_text()
        keys.tick(f"I would watch this: {title}")
        keys.open("button", "Vote")
    for page in (ada, ben):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"You watch {title}")


def test_account_is_made_left_and_entered(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/")
    name, password = f"keys-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    keys.open("link", "Sign up")
    keys.fill("Username", name)
    keys.fill("Password", password)
    keys.press("Enter")
    keys.open("link", name)
    keys.open("button", "Log out")
    keys.open("link", "Log in")
    keys.fill("Login", name)
    keys.fill("Password", password)
    keys.open("button", "Log in")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    keys.open("link", name)
    keys.open("link", "Delete my account")
    keys.fill("Your password", password)
    keys.open("button", "Delete everything")
    expect(page.get_by_text("All that was yours is deleted.")).to_be_visible()


def test_second_factor_is_switched_on_asked_for_and_switched_off(open_page: OpenPage) -> None:
    page, keys = open_with_keys(open_page, "/")
    name, password = sign_up(page)
    page.goto("/account/")
    keys.open("link", "Add a second factor")
    keys.open("link", "Switch on")
    keys.fill("Password", password)
    keys.open("button", "Go on")
    secret = page.locator(".key").inner_text()
    keys.fill("Authenticator code", read_code(page, secret))
    keys.open("button", "Switch on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/account/")
    keys.open("button", "Log out")
    keys.open("link", "Log in")
    keys.fill("Login", name)
    keys.fill("Password", password)
    keys.open("button", "Log in")
    keys.fill("Code", "000000")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    keys.fill("Code", read_code(page, secret))
    keys.press("Enter")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto("/account/2fa/")
    keys.open("link", "Switch off")
    keys.fill("Password", password)
    keys.open("button", "Go on")
    keys.open("button", "Switch off")
    expect(page.get_by_role("link", name="Switch on")).to_be_visible()
