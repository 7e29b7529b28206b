from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from accounts.services import create_api_token
from tests.catalog.factories import (
    assert_problem,
    count_queries_of,
    give_password_again,
    make_member,
)

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/me/tokens"


@pytest.fixture
def logged_in(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


def post(client: Client, data: Any) -> Any:
    return client.post(TOKENS, data=data, content_type="application/json")


def test_token_is_made_used_listed_and_revoked(logged_in: Client) -> None:
    assert_problem(post(logged_in, {"name": "phone"}), 403)
    give_password_again(logged_in)
    made = post(logged_in, {"name": "phone"})
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    app, headers = Client(), {"authorization": f"Bearer {made.json()['key']}"}

    listed = app.get(TOKENS, headers=headers).json()["results"]
    assert [token["name"] for token in listed] == ["phone"]
    assert "key" not in listed[0]
    assert listed[0]["last_used_at"] is not None

    mine = f"{TOKENS}/{made.json()['id']}"
    assert_problem(app.delete(mine, headers=headers), 403)
    another = app.post(TOKENS, {"name": "b"}, content_type="application/json", headers=headers)
    assert_problem(another, 403)
    assert logged_in.delete(mine).status_code == 204
    assert_problem(app.get(TOKENS, headers=headers), 401)
    assert logged_in.get(TOKENS).json()["results"] == []


@pytest.mark.parametrize("key", ["", "wrong", "ms_" + "x" * 43, "schlüssel", "a b"])
def test_wrong_key_is_a_problem_even_on_open_pages(client: Client, db: None, key: str) -> None:
    for url in (TOKENS, "/api/v1/genres"):
        response = client.get(url, headers={"authorization": f"Bearer {key}"})
        assert_problem(response, 401)
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_other_scheme_is_no_token(client: Client, db: None) -> None:
    headers = {"authorization": "Basic YTpi"}
    assert client.get("/api/v1/genres", headers=headers).status_code == 200
    assert_problem(client.get(TOKENS, headers=headers), 401)


def test_token_of_a_closed_account_opens_nothing(client: Client, member: User) -> None:
    _, key = create_api_token(user=member, name="phone")
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert_problem(client.get(TOKENS, headers={"authorization": f"Token {key}"}), 401)


def test_strangers_and_guests_have_no_tokens(client: Client, as_guest: Client) -> None:
    for stranger in (Client(), as_guest):
        assert_problem(stranger.get(TOKENS), 401)
        assert_problem(post(stranger, {"name": "phone"}), 401)
        assert_problem(stranger.delete(f"{TOKENS}/1"), 401)


def test_token_of_others_is_not_found(logged_in: Client) -> None:
    token, _ = create_api_token(user=make_member("eve"), name="phone")
    assert_problem(logged_in.delete(f"{TOKENS}/{token.pk}"), 404)
    assert ApiToken.objects.get().revoked_at is None
    assert logged_in.get(TOKENS).json()["results"] == []


@pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "x" * 81}, []])
def test_token_without_a_fit_name_is_a_problem(logged_in: Client, data: Any) -> None:
    give_password_again(logged_in)
    assert assert_problem(post(logged_in, data), 400)["errors"]


@pytest.mark.parametrize(
    ("method", "url"),
    [("put", TOKENS), ("patch", TOKENS), ("delete", TOKENS), ("get", f"{TOKENS}/1"),
     ("put", f"{TOKENS}/1"), ("post", f"{TOKENS}/1")],
)  # fmt: skip
def test_wrong_method_is_refused(logged_in: Client, method: str, url: str) -> None:
    assert_problem(getattr(logged_in, method)(url), 405)


def test_longer_list_takes_no_more_queries(logged_in: Client, member: User) -> None:
    create_api_token(user=member, name="one")
    few = count_queries_of(logged_in, TOKENS)
    for number in range(10):
        create_api_token(user=member, name=f"app {number}")
    assert count_queries_of(logged_in, TOKENS) <= few


def test_session_must_bring_its_csrf_token(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    assert_problem(post(client, {"name": "phone"}), 403)
