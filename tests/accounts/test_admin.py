from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from accounts.models import ApiToken, User
from accounts.services import create_api_token
from tests.catalog.factories import PASSWORD, count_queries_of, make_member

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/apitoken/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def admin_of_site(db: None) -> Client:
    client = Client()
    client.force_login(make_member("root", is_staff=True, is_superuser=True))
    return client


def test_pages_of_the_admin_load(admin_of_site: Client, member: User) -> None:
    token, _ = create_api_token(user=member, name="phone")
    for url in (
        "/admin/",
        USERS,
        f"{USERS}?q=ada",
        f"{USERS}add/",
        f"{USERS}{member.pk}/change/",
        f"{USERS}{member.pk}/password/",
        f"{USERS}{member.pk}/delete/",
        TOKENS,
        f"{TOKENS}{token.pk}/change/",
        "/admin/auth/group/",
    ):
        assert admin_of_site.get(url).status_code == 200, url


def test_staff_cannot_log_in_as_somebody_else_past_the_second_factor(member: User) -> None:
    client = Client()
    client.force_login(make_member("clerk", is_staff=True))
    make_member("root", is_staff=True, is_superuser=True)
    answer = client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert answer.status_code == 405
    assert client.get("/admin/").context["user"].get_username() == "clerk"


def test_own_password_is_changed_on_the_page_that_limits_guesses(admin_of_site: Client) -> None:
    root = User.objects.get(username="root")
    for url in ("/admin/password_change/", f"{USERS}{root.pk}/password/"):
        for answer in (admin_of_site.get(url), admin_of_site.post(url, {"old_password": "x"})):
            assert answer.status_code == 302
            assert answer["Location"] == "/account/password/change/"


@pytest.mark.parametrize("is_in_bulk", [False, True])
def test_person_whom_staff_delete_is_logged_out_everywhere(
    admin_of_site: Client, member: User, is_in_bulk: bool
) -> None:
    browser = Client()
    browser.post("/account/login/", {"login": "ada", "password": PASSWORD})
    key = str(browser.session.session_key)
    assert SessionStore().exists(key)
    chosen = {"action": "delete_selected", "_selected_action": [member.pk], "post": "yes"}
    if is_in_bulk:
        admin_of_site.post(USERS, chosen)
    else:
        admin_of_site.post(f"{USERS}{member.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=member.pk).exists()
    assert not SessionStore().exists(key)
    entry = LogEntry.objects.get(object_id=str(member.pk))  # who deleted whom remains known
    assert (entry.action_flag, entry.object_repr) == (DELETION, f"#{member.pk}")


def names(page: Any) -> set[str]:
    return {user.username for user in page.context["cl"].result_list}


def test_members_are_listed_and_others_on_demand(
    admin_of_site: Client, member: User, guest: User
) -> None:
    User.objects.create(username="ml:1", dataset="ml", dataset_user_id=1)
    assert names(admin_of_site.get(USERS)) == {"root", "ada"}
    assert names(admin_of_site.get(f"{USERS}?kind=guest")) == {"guest:1"}
    assert names(admin_of_site.get(f"{USERS}?kind=imported")) == {"ml:1"}
    assert len(names(admin_of_site.get(f"{USERS}?kind=all"))) == 4


@pytest.mark.parametrize("url", [USERS, TOKENS])
def test_longer_list_takes_no_more_queries(admin_of_site: Client, url: str) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            create_api_token(user=make_member(f"person{number}"), name="app")

    add(range(2))
    few = count_queries_of(admin_of_site, url)
    add(range(2, 20))
    assert count_queries_of(admin_of_site, url) <= few


def test_no_key_is_shown(admin_of_site: Client, member: User) -> None:
    token, key = create_api_token(user=member, name="phone")
    for url in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        page = admin_of_site.get(url).content.decode()
        assert "phone" in page
        assert key not in page
        assert token.key_hash not in page


def test_tokens_are_revoked_and_never_made_for_others(admin_of_site: Client, member: User) -> None:
    token, _ = create_api_token(user=member, name="phone")
    form = {"action": "revoke", "_selected_action": [token.pk]}
    for _ in range(2):
        assert admin_of_site.post(TOKENS, form).status_code == 302
    assert ApiToken.objects.get().revoked_at is not None
    assert admin_of_site.get(f"{TOKENS}add/").status_code == 403


def test_members_do_not_get_in(client: Client, member: User) -> None:
    client.force_login(member)
    for url in (USERS, TOKENS):
        assert client.get(url).status_code == 302
