import html
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import ApiToken, User
from accounts.services import create_api_token
from accounts.tokens import find_live_token
from catalog.models import Rating
from tests.catalog.factories import (
    PASSWORD,
    count_queries_of,
    give_password_again,
    make_member,
    make_movie,
)
from tests.pages import read

ENTRANCES = ("/account/login/", "/account/signup/", "/account/password/reset/")


@pytest.fixture
def ada(db: None) -> User:
    return make_member("ada")


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.mark.parametrize("url", [*ENTRANCES, "/account/"])
def test_entrances_stand_in_the_frame_of_the_site(url: str, db: None) -> None:
    page = read(Client(), url)
    assert 'class="site-header"' in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize("url", ["/account/email/", "/account/password/change/", "/account/"])
def test_pages_of_a_member_stand_in_the_frame_of_the_site(url: str, browser: Client) -> None:
    assert 'class="site-header"' in read(browser, url)


def test_account_says_who_one_is(browser: Client, ada: User) -> None:
    assert "ada@example.org" in read(browser, "/account/")
    guest = Client()
    assert "You are a guest" in read(guest, "/account/")
    assert "API tokens" not in read(guest, "/account/")


def test_consent_is_kept_for_members_and_guests(browser: Client, ada: User) -> None:
    browser.post("/account/training/", {})
    assert not User.objects.get(pk=ada.pk).allows_training
    browser.post("/account/training/", {"allows_training": "on"})
    assert User.objects.get(pk=ada.pk).allows_training
    Client().post("/account/training/", {})
    assert not User.objects.get(is_guest=True).allows_training


def test_key_of_a_token_is_shown_once(browser: Client, ada: User) -> None:
    give_password_again(browser)
    page = browser.post("/account/tokens/", {"name": "phone"}).content.decode()
    found = re.search(r'class="key">\s*(\S+?)\s*</code>', page)
    assert found
    token = find_live_token(key=found.group(1))
    assert token is not None
    assert token.user == ada
    again = read(browser, "/account/")
    assert "phone" in again
    assert found.group(1) not in again


def test_token_without_a_name_keeps_the_form_and_says_why(browser: Client) -> None:
    give_password_again(browser)
    answer = browser.post("/account/tokens/", {"name": " "})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_revoked_token_is_gone_from_the_page(browser: Client, ada: User) -> None:
    token, _key = create_api_token(user=ada, name="phone")
    browser.post(f"/account/tokens/{token.pk}/revoke/")
    assert "phone" not in read(browser, "/account/")


def test_tokens_of_others_cannot_be_revoked(browser: Client) -> None:
    token, key = create_api_token(user=make_member("bob"), name="phone")
    browser.post(f"/account/tokens/{token.pk}/revoke/")
    assert find_live_token(key=key) is not None


def test_tokens_need_a_login(db: None) -> None:
    for url in ("/account/tokens/", "/account/tokens/1/revoke/"):
        assert Client().post(url)["Location"].startswith("/account/login/")


@pytest.mark.parametrize("url", ["/account/training/", "/account/tokens/1/revoke/"])
def test_writes_answer_only_posts(url: str, browser: Client) -> None:
    assert browser.get(url).status_code == 405


def test_token_is_made_once_the_password_was_given_again(browser: Client, ada: User) -> None:
    answer = browser.post("/account/tokens/", {"name": "phone"})
    assert answer["Location"] == "/account/reauthenticate/?next=%2Faccount%2Ftokens%2F"
    assert not ApiToken.objects.exists()
    asked = answer["Location"]
    assert "phone" not in browser.post(asked, {"password": "wrong"}).content.decode()
    page = browser.post(asked, {"password": PASSWORD}).content.decode()
    assert "Copy the key now" in page
    assert ApiToken.objects.get().name == "phone"
    assert browser.get("/account/tokens/")["Location"] == "/account/#tokens"


@pytest.mark.parametrize("is_ticked", [True, False])
def test_new_password_revokes_tokens_unless_told_not_to(
    browser: Client, ada: User, is_ticked: bool
) -> None:
    assert "Revoke my API tokens too" not in read(browser, "/account/password/change/")
    _token, key = create_api_token(user=ada, name="phone")
    page = read(browser, "/account/password/change/")
    assert re.search(r'name="revokes_tokens"[^>]*checked', page)
    new = "staple battery 99"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    if is_ticked:
        form["revokes_tokens"] = "on"
    browser.post("/account/password/change/", form)
    ada.refresh_from_db()
    assert ada.check_password(new)
    assert (find_live_token(key=key) is None) == is_ticked


def test_account_queries_do_not_grow_with_tokens(browser: Client, ada: User) -> None:
    few = count_queries_of(browser, "/account/")
    for number in range(9):
        create_api_token(user=ada, name=f"app {number}")
    assert count_queries_of(browser, "/account/") == few <= 12


def test_sign_up_keeps_what_a_guest_rated(db: None) -> None:
    make_movie(1)
    client = Client()
    client.post("/movies/1/rating/", {"stars": "4.5"})
    answer = client.post("/account/signup/", {"username": "eve", "password1": PASSWORD})
    assert answer.status_code == 302, answer.content
    rating = Rating.objects.get()
    assert rating.user.username == "eve"
    assert "eve" in read(client, "/account/")


def test_log_in_never_leads_to_another_site(ada: User) -> None:
    data = {"login": "ada", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/account/login/", data)["Location"] == "/"


def test_failed_log_in_keeps_what_was_typed(ada: User) -> None:
    page = Client().post("/account/login/", {"login": "ada", "password": "no"}).content.decode()
    assert 'value="ada"' in page
    assert 'role="alert"' in page


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"username": "ada"}, "A user with that username already exists."),
        ({"username": "a b"}, "Enter a valid username."),
        ({"email": "grace(at)example.org"}, "Enter a valid email address."),
        ({"password1": "12345678"}, "This password is too common."),
        ({"password1": "Xy1!"}, "This password is too short."),
        ({"password1": ""}, "This field is required."),
    ],
)
def test_refused_sign_up_says_why_and_keeps_what_was_typed(
    ada: User, changed: dict[str, str], message: str
) -> None:
    typed = {"username": "grace", "email": "grace@example.org", "password1": PASSWORD, **changed}
    page = Client().post("/account/signup/", typed)
    text = html.unescape(page.content.decode())
    assert message in text
    assert 'role="alert"' in text
    for name in ("username", "email"):
        assert f'value="{typed[name]}"' in text
    assert f'value="{typed["password1"]}"' not in text
    assert User.objects.filter(is_guest=False).count() == 1


def test_refused_address_says_why_and_is_kept(browser: Client, ada: User) -> None:
    give_password_again(browser)
    for typed, message in (
        ("grace(at)example.org", "Enter a valid email address."),
        ("", "This field is required."),
        (ada.email, "This email address is already associated with this account."),
    ):
        page = browser.post("/account/email/", {"action_add": "", "email": typed})
        text = html.unescape(page.content.decode())
        assert message in text
        assert not typed or f'value="{typed}"' in text
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"oldpassword": "wrong"}, "Please type your current password."),
        ({"password2": "battery"}, "You must type the same password each time."),
        ({"password1": "12345678", "password2": "12345678"}, "This password is too common."),
    ],
)
def test_refused_password_says_why_and_nothing_changes(
    browser: Client, ada: User, changed: dict[str, str], message: str
) -> None:
    new = "staple battery 99"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new, **changed}
    text = html.unescape(browser.post("/account/password/change/", form).content.decode())
    assert message in text
    assert 'role="alert"' in text
    # A password is not sent back.
    assert form["password1"] not in text
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_log_out_asks_first_and_needs_a_post(browser: Client) -> None:
    assert "Log out?" in read(browser, "/account/logout/")
    assert "ada" in read(browser, "/account/")
    browser.post("/account/logout/")
    assert "You are a guest" in read(browser, "/account/")


def test_lost_password_is_reset_by_mail(ada: User) -> None:
    client = Client()
    _token, key = create_api_token(user=ada, name="phone")
    client.post("/account/password/reset/", {"email": ada.email})
    found = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[0].body))
    assert found
    page: Any = client.get(found.group(1), follow=True)
    form = page.redirect_chain[-1][0]
    new = "staple battery 99"
    client.post(form, {"password1": new, "password2": new, "revokes_tokens": "on"})
    ada.refresh_from_db()
    assert ada.check_password(new)
    assert find_live_token(key=key) is None


def test_used_reset_link_says_so(ada: User) -> None:
    page = Client().get("/account/password/reset/key/1-bad/").content.decode()
    assert "This link no longer works" in page
