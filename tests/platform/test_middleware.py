"""What every request passes: who may see the queues, and what the log says of a request."""

import logging
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.tokens import create_api_token
from movieshow.middleware import RequestLogMiddleware
from recommender.night.services import create_night

QUEUE_PAGES = ["/admin/queues/", "/admin/queues/queues/0/"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", QUEUE_PAGES)
def test_staff_without_all_rights_cannot_see_queues(client: Client, page: str) -> None:
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(page).status_code == 403


@pytest.mark.django_db
def test_superuser_sees_queues(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(QUEUE_PAGES[0]).status_code == 200


@pytest.mark.django_db
def test_wrong_passwords_close_the_admin_door_for_a_while(client: Client) -> None:
    User.objects.create_superuser("root", password="the right one")
    login = reverse("admin:login")
    for _ in range(30):
        client.post(login, {"username": "root", "password": "wrong"}, follow=True)
    client.post(login, {"username": "root", "password": "the right one"}, follow=True)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/search/?q=private", "GET /search/"),
        ("/account/password/reset/key/3-abc-def/", "GET /account/password/reset/key/.../"),
        ("/account/confirm-email/MQ:1u:x/", "GET /account/confirm-email/.../"),
        ("/lists/shared/18983ad3-2e2c-4e17-be5e-5ec79111a1e9/", "GET /lists/shared/.../"),
        ("/api/v1/lists/18983ad3-2e2c-4e17-be5e-5ec79111a1e9/films", "GET /api/v1/lists/.../films"),
    ],
)
def test_log_leaves_out_what_others_could_use(path: str, logged: str) -> None:
    assert RequestLogMiddleware.format_request(RequestFactory().get(path)) == logged


def test_name_that_is_not_the_sites_is_refused_in_words(client: Client) -> None:
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "That request makes no sense here" in answer.text


@pytest.mark.django_db
def test_log_of_refused_requests_leaves_out_the_secret_of_a_link(
    caplog: pytest.LogCaptureFixture,
) -> None:
    night = create_night(host=User.objects.create_user("host"), name="Host", rule="host_picks")
    link = reverse("night_join", args=[night.invite_slug])
    assert Client().post(link, {"name": ""}).status_code == 422
    assert Client().put(link).status_code == 405
    assert Client(enforce_csrf_checks=True).post(link).status_code == 403
    [to_stderr] = [each for each in logging.getLogger().handlers if each.name == "stderr"]
    logged = "".join(to_stderr.format(record) for record in caplog.records)
    assert "Method Not Allowed (PUT): /night/join/.../" in logged
    assert str(night.invite_slug) not in logged


@pytest.mark.django_db
def test_pages_are_compressed_and_answers_of_the_api_are_not() -> None:
    page = Client().get("/search/?q=a", HTTP_ACCEPT_ENCODING="gzip")
    assert page["Content-Encoding"] == "gzip"
    api = Client().get("/api/v1/movies", HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in api
    plain = Client().get("/search/?q=a")
    assert "Content-Encoding" not in plain


@pytest.mark.django_db
def test_pages_that_may_show_secrets_are_not_compressed() -> None:
    page = Client().get("/account/login/", HTTP_ACCEPT_ENCODING="gzip")
    assert page.status_code == 200
    assert "Content-Encoding" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "eased"),
    [
        ("/search/", []),
        ("/api/v1/movies", []),
        ("/api/v1/docs", ["style-src"]),
        ("/admin/", ["script-src", "style-src"]),
    ],
)
def test_policy_is_eased_for_pages_of_libraries_alone(path: str, eased: list[str]) -> None:
    policy = Client().get(path)["Content-Security-Policy"]
    directives = [part.split(" ", 1) for part in policy.split("; ")]
    assert sorted(name for name, *value in directives if "unsafe" in "".join(value)) == eased


@pytest.mark.django_db
def test_log_names_who_came_with_a_token(caplog: pytest.LogCaptureFixture) -> None:
    user = User.objects.create_user("member")
    _, key = create_api_token(user=user, name="app")
    caplog.set_level(logging.INFO)
    Client().get("/api/v1/me/ratings", HTTP_AUTHORIZATION=f"Bearer {key}")
    messages: list[Any] = [each.msg for each in caplog.records]
    [line] = [message for message in messages if "request_finished" in str(message)]
    assert line["user_id"] == user.pk
