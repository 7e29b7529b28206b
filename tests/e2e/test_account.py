"""Getting in, who else is in, and what an account keeps and gives."""

import secrets
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.second_factor import read_code, switch_on
from tests.e2e.stack import Site
from tests.e2e.steps import get_rating_form, give_password_again, log_in, rate, sign_up

pytestmark = pytest.mark.e2e
MATRIX, BRAZIL = "/movies/2571/", "/movies/1199/"


def log_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_second_factor_is_asked_for_at_log_in(open_page: OpenPage) -> None:
    page = open_page("/")
    name, password = sign_up(page)
    give_password_again(page, password)
    page.goto("/account/")
    page.get_by_role("link", name="Add a second factor").click()
    secret = switch_on(page)
    spare = page.locator(".codes code").first.inner_text()
    log_out(page)

    log_in(page, name, password)
    field, button = page.get_by_label("Code"), page.get_by_role("button", name="Log in")
    field.fill("000000")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    page.get_by_label("Code").fill(read_code(page, secret))
    button.click()
    expect(page.get_by_role("link", name=name)).to_be_visible()

    log_out(page)
    log_in(page, name, password)
    field.fill(spare)
    button.click()
    page.goto("/account/2fa/")
    expect(page.get_by_text("9 codes are left")).to_be_visible()


def test_another_browser_is_logged_out_from_afar(open_page: OpenPage) -> None:
    here, there, third = open_page("/"), open_page("/"), open_page("/")
    name, password = sign_up(here)
    for page in (there, third):
        log_in(page, name, password)
        expect(page.get_by_role("link", name=name)).to_be_visible()
    here.goto("/account/")
    sessions = here.get_by_role("region", name="Where you are logged in")
    sessions.get_by_role("button", name="Log out", exact=False).first.click()
    expect(here.get_by_text("Logged out there.")).to_be_visible()
    here.get_by_role("button", name="Log out everywhere else").click()
    expect(here.get_by_text("Logged out of 1 other browser.")).to_be_visible()
    expect(sessions.get_by_role("button")).to_have_count(0)
    for page in (there, third):
        page.goto("/account/")
        expect(page.get_by_role("heading", name="You are a guest")).to_be_visible()


def test_address_is_confirmed_and_password_changed(open_page: OpenPage, site: Site) -> None:
    page, mail = open_page("/"), f"{secrets.token_hex(4)}@example.org"
    name, password = sign_up(page)
    give_password_again(page, password)
    page.goto("/account/")
    page.get_by_role("link", name="Email address").click()
    page.get_by_label("Email").fill(mail)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("not confirmed")).to_be_visible()
    page.goto(site.read_link())
    page.get_by_role("button", name="Confirm").click()
    page.goto("/account/email/")
    expect(page.get_by_text("confirmed", exact=True)).to_be_visible()

    page.goto("/account/")
    page.get_by_role("link", name="Change password").click()
    another = secrets.token_urlsafe(16)
    page.get_by_label("Current Password").fill(password)
    page.get_by_label("New Password", exact=True).fill(another)
    page.get_by_label("New Password (again)").fill(another)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Password successfully changed.")).to_be_visible()
    log_out(page)
    log_in(page, mail, password)
    expect(page.get_by_role("alert").first).to_contain_text("not correct")
    log_in(page, mail, another)
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_training_is_refused_and_all_data_taken_along(open_page: OpenPage) -> None:
    page = open_page(MATRIX)
    rate(page, "The Matrix", 4.5)
    page.goto("/account/")
    training = page.get_by_role("region", name="Training")
    training.get_by_role("checkbox").uncheck()
    training.get_by_role("button", name="Save").click()
    expect(page.get_by_text("your ratings will not be used for training")).to_be_visible()
    expect(training.get_by_role("checkbox")).not_to_be_checked()

    page.get_by_role("link", name="Download my data").click()
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Download the zip").click()
    assert arriving.value.suggested_filename.startswith("movieshow-")
    with ZipFile(arriving.value.path()) as packed:
        [ratings] = [one for one in packed.namelist() if one.endswith("ratings.csv")]
        assert "The Matrix,1999" in packed.read(ratings).decode()


def test_what_a_guest_rated_comes_along_at_log_in(open_page: OpenPage) -> None:
    page = open_page("/")
    name, password = sign_up(page)
    page.goto(MATRIX)
    rate(page, "The Matrix", 4.0)
    log_out(page)
    page.goto(MATRIX)
    rate(page, "The Matrix", 1.0)
    page.goto(BRAZIL)
    rate(page, "Brazil", 5.0)
    log_in(page, name, password)
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto("/ratings/")
    expect(page.get_by_text("2 films, last watched first.")).to_be_visible()
    kept = {"The Matrix": "1 star", "Brazil": "5 stars"}
    for title, stars in kept.items():
        radio = get_rating_form(page, title).get_by_role("radio", name=stars, exact=True)
        expect(radio).to_be_checked()
