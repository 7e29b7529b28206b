"""Every page of an account and of the ways into it."""

import secrets
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.second_factor import switch_on
from tests.e2e.stack import Site
from tests.e2e.steps import give_password_again, log_in, sign_up
from tests.e2e.walks.walk import stops_at


@stops_at(
    "account", "account_tokens", "account_email", "account_confirm_email",
    "account_change_password", "account_reauthenticate", "account_logout",
)  # fmt: skip
def owner(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/")
    _name, password = sign_up(page)
    give_password_again(page, password)
    page.goto("/account/")
    page.get_by_label("Name", exact=True).fill("My phone")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_text("Copy the key now.").wait_for()
    yield page
    page.goto("/account/")
    yield page
    page.goto("/account/email/")
    page.get_by_label("Email").fill(f"{secrets.token_hex(4)}@example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("not confirmed").wait_for()
    yield page
    page.goto(site.read_link())
    yield page
    for path in ("password/change/", "reauthenticate/", "logout/"):
        page.goto(f"/account/{path}")
        yield page


@stops_at(
    "mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_deactivate_totp", "mfa_reauthenticate", "mfa_authenticate",
)  # fmt: skip
def careful_owner(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page = open_page("/")
    name, password = sign_up(page)
    give_password_again(page, password)
    page.goto("/account/2fa/")
    yield page
    page.goto("/account/2fa/totp/activate/")
    yield page
    page.goto("/account/2fa/")
    switch_on(page)
    for path in ("recovery-codes/", "recovery-codes/generate/", "totp/deactivate/",
                 "reauthenticate/", ""):  # fmt: skip
        page.goto(f"/account/2fa/{path}")
        yield page
    page.goto("/account/")
    page.get_by_role("button", name="Log out", exact=True).click()
    log_in(page, name, password)
    page.get_by_role("heading", name="One more thing").wait_for()
    yield page


@stops_at(
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "account_login",
)  # fmt: skip
def forgetful(open_page: OpenPage, site: Site) -> Iterator[Page]:
    page, mail = open_page("/account/signup/"), f"{secrets.token_hex(4)}@example.org"
    sign_up(page, mail=mail)
    page.goto("/account/")
    page.get_by_role("button", name="Log out", exact=True).click()
    log_in(page, mail, "wrong")
    yield page
    page.goto("/account/password/reset/")
    yield page
    page.get_by_label("Email").fill(mail)
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    yield page
    link = site.read_link()
    page.goto(link)
    yield page
    page.get_by_label("New Password", exact=True).fill(secrets.token_urlsafe(16))
    page.get_by_label("New Password (again)").fill("something else")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").first.wait_for()
    yield page
    password = secrets.token_urlsafe(16)
    page.get_by_label("New Password", exact=True).fill(password)
    page.get_by_label("New Password (again)").fill(password)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Password changed").wait_for()
    yield page
    page.goto(link)
    page.get_by_role("heading", name="This link no longer works").wait_for()
    yield page


WALKS = (owner, careful_owner, forgetful)
