"""What the forms of an account say to bad input, and what they keep of what was typed."""

import html
import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.catalog.factories import PASSWORD, give_password_again, make_member

SIGN_UP, EMAIL = "/account/signup/", "/account/email/"
CHANGE, RESET = "/account/password/change/", "/account/password/reset/"


@pytest.fixture
def ada(db: None) -> User:
    return make_member("ada")


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def send(client: Client, url: str, data: dict[str, str]) -> str:
    """Post a form that is to come back, and return the page."""
    answer = client.post(url, data)
    assert answer.status_code == 200, answer.headers
    return html.unescape(answer.content.decode())


def find_error(page: str, field: str) -> str:
    """Return what is said of a field, which must be marked and point to it."""
    box = re.search(rf'<input[^>]*name="{field}"[^>]*>', page)
    assert box is not None
    assert 'aria-invalid="true"' in box[0]
    described = re.search(r'aria-describedby="([^"]+)"', box[0])
    assert described is not None
    said = [
        re.sub(r"<[^>]+>", " ", found[0])
        for name in described[1].split()
        if (found := re.search(rf'<(\w+)[^>]*id="{name}".*?</\1>', page, re.DOTALL))
    ]
    return " ".join(" ".join(said).split())


def read_typed(page: str, field: str) -> str | None:
    """Return what stands in a field."""
    box = re.search(rf'<input[^>]*name="{field}"[^>]*>', page)
    assert box is not None
    typed = re.search(r'value="([^"]*)"', box[0])
    return typed[1] if typed else None


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"username": ""}, "username", "This field is required."),
        ({"username": "ada"}, "username", "A user with that username already exists."),
        ({"username": "guest:7"}, "username", "Enter a valid username."),
        ({"username": "e" * 151}, "username", "at most 150 characters (it has 151)"),
        ({"email": "eve at home"}, "email", "Enter a valid email address."),
        ({"password1": "short"}, "password1", "at least 8 characters"),
        ({"password1": "password"}, "password1", "too common"),
        ({"password1": "83194027561"}, "password1", "entirely numeric"),
    ],
)
def test_sign_up_says_what_is_wrong_and_keeps_what_was_typed(
    wrong: dict[str, str], field: str, said: str, ada: User
) -> None:
    typed = {"username": "eve", "email": "eve@example.org", "password1": PASSWORD, **wrong}
    page = send(Client(), SIGN_UP, typed)
    assert said in find_error(page, field)
    for name in ("username", "email"):
        assert (read_typed(page, name) or "") == typed[name]
    assert not read_typed(page, "password1")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "This field is required."),
        ("eve at home", "Enter a valid email address."),
        ("ada@example.org", "This email address is already associated with this account."),
    ],
)
def test_change_of_mail_says_what_is_wrong_and_keeps_what_was_typed(
    typed: str, said: str, browser: Client
) -> None:
    give_password_again(browser)
    browser.post(EMAIL, {"email": "ada@example.org", "action_add": ""})
    page = send(browser, EMAIL, {"email": typed, "action_add": ""})
    page = page[page.index('<input type="email"') :]  # behind the addresses there are
    assert said in find_error(page, "email")
    assert (read_typed(page, "email") or "") == typed


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"oldpassword": "not it"}, "oldpassword", "current password"),
        ({"oldpassword": ""}, "oldpassword", "This field is required."),
        ({"password1": "short", "password2": "short"}, "password1", "at least 8 characters"),
        ({"password2": "something else"}, "password2", "same password each time"),
    ],
)
def test_change_of_password_says_what_is_wrong_and_writes_no_password_back(
    wrong: dict[str, str], field: str, said: str, browser: Client, ada: User
) -> None:
    new = "staple battery 99"
    page = send(
        browser, CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": new, **wrong}
    )
    assert said in find_error(page, field)
    assert not any(read_typed(page, name) for name in ("oldpassword", "password1", "password2"))
    assert new not in page
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "This field is required."), ("eve at home", "Enter a valid email address.")],
)
def test_reset_of_password_says_what_is_wrong_and_keeps_what_was_typed(
    typed: str, said: str, ada: User
) -> None:
    page = send(Client(), RESET, {"email": typed})
    assert said in find_error(page, "email")
    assert (read_typed(page, "email") or "") == typed
    assert not mail.outbox


@pytest.mark.parametrize(
    ("first", "second", "field", "said"),
    [
        ("short", "short", "password1", "at least 8 characters"),
        ("staple battery 99", "staple battery 98", "password2", "same password each time"),
    ],
)
def test_new_password_by_mail_says_what_is_wrong_and_may_be_tried_again(
    first: str, second: str, field: str, said: str, ada: User
) -> None:
    client = Client()
    client.post(RESET, {"email": "ada@example.org"})
    link = re.search(r"http://\S+(/account/password/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = client.get(link[1])["Location"]
    page = send(client, form, {"password1": first, "password2": second})
    assert said in find_error(page, field)
    assert not any(read_typed(page, name) for name in ("password1", "password2"))
    client.post(form, {"password1": "staple battery 99", "password2": "staple battery 99"})
    ada.refresh_from_db()
    assert ada.check_password("staple battery 99")
