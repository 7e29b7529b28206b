from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from catalog.list_models import FilmList
from catalog.lists import services
from catalog.lists.services import add_film, create_list
from tests.catalog.factories import assert_problem, count_queries_of, make_member, make_movie
from tests.catalog.test_api_me import send

pytestmark = pytest.mark.django_db
LISTS = "/api/v1/me/lists"


@pytest.fixture
def noir(member: User) -> FilmList:
    """A list of films 1 to 3."""
    made = create_list(user=member, name="Noir")
    for pk in range(1, 4):
        make_movie(pk)
        add_film(user=member, list_id=made.pk, movie_id=pk)
    return made


def read_order(client: Client, film_list: FilmList) -> list[int]:
    answer: Any = client.get(f"{LISTS}/{film_list.pk}/films")
    return [entry["movie"]["id"] for entry in answer.json()["results"]]


def test_list_is_made_read_changed_and_deleted(logged_in: Client, member: User) -> None:
    made = send(logged_in, "post", LISTS, {"name": "Noir"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["is_public"], body["film_count"]) == ("Noir", False, 0)
    url = f"{LISTS}/{body['id']}"
    changed = send(logged_in, "patch", url, {"is_public": True, "note": "dark"}).json()
    assert (changed["name"], changed["note"], changed["is_public"]) == ("Noir", "dark", True)
    assert [one["id"] for one in logged_in.get(LISTS).json()["results"]] == [body["id"]]
    assert send(logged_in, "delete", url).status_code == 204
    assert_problem(logged_in.get(url), 404)


def test_films_are_put_moved_annotated_and_taken_off(logged_in: Client, noir: FilmList) -> None:
    make_movie(9)
    url = f"{LISTS}/{noir.pk}/films"
    put = send(logged_in, "put", f"{url}/9", {"position": 1, "note": "new"})
    assert (put.status_code, put.json()["position"]) == (201, 1)
    assert read_order(logged_in, noir) == [9, 1, 2, 3]
    moved = send(logged_in, "put", f"{url}/9", {"position": 3})
    assert (moved.status_code, moved.json()["note"]) == (200, "new")
    assert read_order(logged_in, noir) == [1, 2, 9, 3]
    assert send(logged_in, "delete", f"{url}/9").status_code == 204
    assert_problem(send(logged_in, "delete", f"{url}/9"), 404)
    assert read_order(logged_in, noir) == [1, 2, 3]


def test_film_that_is_put_while_another_puts_it_is_new_once(
    logged_in: Client, member: User, noir: FilmList
) -> None:
    make_movie(9)
    locks: list[str] = []

    def follow(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if "FOR" in sql and "UPDATE" in sql and not locks:
            locks.append(sql)
            add_film(user=member, list_id=noir.pk, movie_id=9)
        return execute(sql, *args)

    with connection.execute_wrapper(follow):
        put = send(logged_in, "put", f"{LISTS}/{noir.pk}/films/9", {"position": 1})
    assert locks
    assert (put.status_code, put.json()["position"]) == (200, 1)
    assert read_order(logged_in, noir) == [9, 1, 2, 3]


def test_shared_list_needs_no_account_and_its_key(logged_in: Client, noir: FilmList) -> None:
    url = f"{LISTS}/{noir.pk}"
    key = send(logged_in, "patch", url, {"is_public": True}).json()["share_key"]
    shared: Any = Client().get(f"/api/v1/lists/{key}")
    assert (shared.json()["name"], shared.json()["film_count"]) == ("Noir", 3)
    films: Any = Client().get(f"/api/v1/lists/{key}/films")
    assert [entry["position"] for entry in films.json()["results"]] == [1, 2, 3]
    send(logged_in, "patch", url, {"is_public": False})
    assert_problem(Client().get(f"/api/v1/lists/{key}"), 404)
    assert_problem(Client().get(f"/api/v1/lists/{key}/films"), 404)


@pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "nOIR"}])
def test_a_list_that_cannot_be_is_refused(
    data: dict[str, str], logged_in: Client, noir: FilmList
) -> None:
    assert_problem(send(logged_in, "post", LISTS, data), 400)
    assert FilmList.objects.count() == 1


@pytest.mark.parametrize("position", [0, -1, "x", 10**30, 1001])
def test_a_place_that_is_none_is_refused(position: Any, logged_in: Client, noir: FilmList) -> None:
    url = f"{LISTS}/{noir.pk}/films/1"
    assert_problem(send(logged_in, "put", url, {"position": position}), 400)
    assert read_order(logged_in, noir) == [1, 2, 3]


def test_full_lists_and_unknown_films_are_refused(
    logged_in: Client, noir: FilmList, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_problem(send(logged_in, "put", f"{LISTS}/{noir.pk}/films/99", {}), 404)
    make_movie(4)
    monkeypatch.setattr(services, "MAX_FILMS", 3)
    assert_problem(send(logged_in, "put", f"{LISTS}/{noir.pk}/films/4", {}), 409)


def test_lists_of_others_are_not_found(noir: FilmList) -> None:
    client = Client()
    client.force_login(make_member("bob"))
    for method, url in (
        ("get", f"{LISTS}/{noir.pk}"),
        ("patch", f"{LISTS}/{noir.pk}"),
        ("delete", f"{LISTS}/{noir.pk}"),
        ("get", f"{LISTS}/{noir.pk}/films"),
        ("put", f"{LISTS}/{noir.pk}/films/1"),
        ("delete", f"{LISTS}/{noir.pk}/films/1"),
    ):
        assert_problem(send(client, method, url, {}), 404)


def test_strangers_and_wrong_methods_are_refused(
    client: Client, logged_in: Client, noir: FilmList
) -> None:
    one = f"{LISTS}/{noir.pk}"
    allowed = {
        LISTS: {"get", "post"},
        one: {"get", "patch", "delete"},
        f"{one}/films": {"get"},
        f"{one}/films/1": {"put", "delete"},
    }
    for url, methods in allowed.items():
        for method in ("get", "post", "put", "patch", "delete"):
            who, status = (client, 401) if method in methods else (logged_in, 405)
            assert_problem(send(who, method, url, {}), status)


def test_queries_do_not_grow_with_the_list(logged_in: Client, member: User, noir: FilmList) -> None:
    urls = (LISTS, f"{LISTS}/{noir.pk}/films")
    few = [count_queries_of(logged_in, url) for url in urls]
    for pk in range(4, 20):
        make_movie(pk)
        add_film(user=member, list_id=noir.pk, movie_id=pk)
        create_list(user=member, name=f"List {pk}")
    assert [count_queries_of(logged_in, url) for url in urls] == few
