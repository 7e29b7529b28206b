import os
import re
import subprocess
import sys
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.contrib.admin import site
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.adapters import UNKNOWN_IP
from accounts.jobs import delete_expired_sessions_job
from accounts.models import User
from accounts.sessions import describe_device
from tests.catalog.factories import PASSWORD, count_queries_of, make_member
from tests.pages import read

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/125.0 Safari/537.36 Edg/125.0"
PAGES = (
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/reauthenticate/",
    "/account/email/",
)


@pytest.fixture
def ada(db: None) -> User:
    return make_member("ada")


def log_in(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def compute_code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def switch_on(client: Client) -> str:
    """Switch the second factor on as a person does; return the secret."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = read(client, "/account/2fa/totp/activate/")
    found = re.search(r'class="key">\s*(\w+)\s*</code>', page)
    assert found
    answer = client.post("/account/2fa/totp/activate/", {"code": compute_code(found.group(1))})
    assert answer.status_code == 302, answer.content.decode()
    return found.group(1)


def test_account_lists_where_one_is_logged_in(ada: User) -> None:
    here = log_in(ada)
    log_in(ada, EDGE)
    page = read(here, "/account/")
    assert "Firefox on Linux" in page
    assert "Edge on Windows" in page
    assert "127.0.0.1" in page


def test_other_browser_is_logged_out_from_afar(ada: User) -> None:
    here, there = log_in(ada), log_in(ada, EDGE)
    row = UserSession.objects.get(user_agent=EDGE)
    answer = here.post(f"/account/sessions/{row.pk}/end/")
    assert answer["Location"] == "/account/#sessions"
    assert "You are a guest" in read(there, "/account/")
    assert "Edge on Windows" not in read(here, "/account/")


def test_all_others_are_logged_out_at_once(ada: User) -> None:
    here, others = log_in(ada), [log_in(ada, EDGE) for _ in range(2)]
    here.post("/account/sessions/end-others/")
    assert all("You are a guest" in read(other, "/account/") for other in others)
    assert "ada" in read(here, "/account/")


def test_sessions_of_others_cannot_be_ended(ada: User) -> None:
    bob = log_in(make_member("bob"))
    row = UserSession.objects.get()
    log_in(ada).post(f"/account/sessions/{row.pk}/end/")
    assert "bob" in read(bob, "/account/")


def test_ended_sessions_are_forgotten(ada: User) -> None:
    here, there = log_in(ada), log_in(ada, EDGE)
    there.session.delete()
    delete_expired_sessions_job()
    assert [one.user_agent for one in UserSession.objects.all()] == [FIREFOX]
    assert "ada" in read(here, "/account/")


def test_new_password_ends_other_sessions(ada: User) -> None:
    here, there = log_in(ada), log_in(ada, EDGE)
    new = "staple battery 99"
    here.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert "You are a guest" in read(there, "/account/")
    page = read(here, "/account/")
    assert "Edge on Windows" not in page
    assert "Firefox on Linux" in page


def test_sessions_need_a_login_and_a_post(ada: User) -> None:
    for url in ("/account/sessions/end-others/", "/account/sessions/1/end/"):
        assert Client().post(url)["Location"].startswith("/account/login/")
        assert log_in(ada).get(url).status_code == 405
    assert Client().get("/account/sessions/")["Location"] == "/account/#sessions"


def test_queries_do_not_grow_with_sessions(ada: User) -> None:
    here = log_in(ada)
    few = count_queries_of(here, "/account/")
    for _ in range(5):
        log_in(ada)
    assert count_queries_of(here, "/account/") == few <= 12


def test_log_in_works_where_the_address_is_unknown(ada: User) -> None:
    client = Client(REMOTE_ADDR="")
    client.post("/account/login/", {"login": "ada", "password": PASSWORD})
    assert UNKNOWN_IP not in read(client, "/account/")
    assert "ada" in read(client, "/account/")


def test_log_in_takes_a_code_once_the_second_factor_is_on(ada: User) -> None:
    secret = switch_on(log_in(ada))
    client = Client()
    answer = client.post("/account/login/", {"login": "ada", "password": PASSWORD})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert "You are a guest" in read(client, "/account/")
    assert "One more thing" in read(client, "/account/2fa/authenticate/")
    Authenticator.objects.update(last_used_at=None)
    cache.clear()  # a code counts once
    client.post("/account/2fa/authenticate/", {"code": compute_code(secret)})
    assert "Second factor: on" in read(client, "/account/")


def test_recovery_code_lets_one_in_once(ada: User) -> None:
    browser = log_in(ada)
    switch_on(browser)
    page = read(browser, "/account/2fa/recovery-codes/")
    codes = re.findall(r"<code>(\d{8})</code>", page)
    assert len(codes) == 10
    for expected in ("Second factor: on", "You are a guest"):
        client = Client()
        client.post("/account/login/", {"login": "ada", "password": PASSWORD})
        client.post("/account/2fa/authenticate/", {"code": codes[0]})
        assert expected in read(client, "/account/")


def test_secrets_of_the_second_factor_are_encrypted(ada: User) -> None:
    secret = switch_on(log_in(ada))
    kept = [str(one.data) for one in Authenticator.objects.all()]
    assert len(kept) == 2
    assert not any(secret in one for one in kept)
    adapter = get_adapter()
    assert adapter.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_secrets_outlive_a_change_of_the_key(ada: User, settings: Any) -> None:
    adapter = get_adapter()
    kept = adapter.encrypt("secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert adapter.decrypt(kept) == "secret"


def test_second_factor_of_a_lost_key_is_told_not_a_crash(ada: User, settings: Any) -> None:
    here = log_in(ada)
    secret = switch_on(here)
    settings.SECRET_KEY = "another, and the former is not kept"
    client = Client()
    client.post("/account/login/", {"login": "ada", "password": PASSWORD})
    answer = client.post("/account/2fa/authenticate/", {"code": compute_code(secret)})
    assert answer.status_code == 200
    assert "lost the key to your second factor" in answer.content.decode()
    client.force_login(ada)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    for page in ("/account/2fa/", "/account/2fa/recovery-codes/"):
        shown = client.get(page, follow=True)
        assert "lost the key to your second factor" in shown.content.decode()


def test_second_factors_are_sealed_anew_so_that_a_former_key_can_go(
    ada: User, settings: Any
) -> None:
    here = log_in(ada)
    secret = switch_on(here)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("reseal_second_factors")
    settings.SECRET_KEY_FALLBACKS = [former]
    call_command("reseal_second_factors")
    settings.SECRET_KEY_FALLBACKS = []
    cache.clear()  # a code counts once
    client = Client()
    client.post("/account/login/", {"login": "ada", "password": PASSWORD})
    client.post("/account/2fa/authenticate/", {"code": compute_code(secret)})
    assert "Second factor: on" in read(client, "/account/")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert "10 codes are left" in read(client, "/account/2fa/")


def test_former_keys_come_from_the_environment() -> None:
    script = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "movieshow.settings"}
    environment["SECRET_KEY_FALLBACKS"] = "first,second"
    shown = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "['first', 'second']"


def test_switching_off_asks_first(ada: User) -> None:
    browser = log_in(ada)
    switch_on(browser)
    assert "From then on" in read(browser, "/account/2fa/totp/deactivate/")
    browser.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("url", PAGES)
def test_pages_of_safety_stand_in_the_frame_without_scripts_or_styles(url: str, ada: User) -> None:
    browser = log_in(ada)
    if "totp" in url:
        assert "/account/reauthenticate/" in browser.get(url)["Location"]
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
    page = read(browser, url)
    assert 'class="site-header"' in page
    assert page.count("<h1") == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_staff_sees_no_keys_of_sessions_or_second_factors() -> None:
    assert not site.is_registered(UserSession)
    assert not site.is_registered(Authenticator)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "An unknown device"),
        ("", "An unknown device"),
    ],
)
def test_device_is_named_as_far_as_it_says(agent: str, device: str) -> None:
    assert describe_device(agent) == device


def test_address_is_changed_only_by_who_gave_the_password_of_late(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    wanted = {"action_add": "", "email": "thief@example.org"}
    answer = client.post("/account/email/", wanted)
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not EmailAddress.objects.filter(email="thief@example.org").exists()
    client.post("/account/reauthenticate/", {"password": "wrong"})
    assert not EmailAddress.objects.filter(email="thief@example.org").exists()
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", wanted)
    assert EmailAddress.objects.filter(email="thief@example.org", user=ada).exists()
