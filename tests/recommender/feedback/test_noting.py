"""What is noted of people, of whom, and that it costs the answer nothing."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.services import set_rating
from recommender.feedback import buffer as feedback_buffer
from recommender.feedback.writing import write_feedback
from recommender.models import Event, Impression, ModelVersion
from tests.recommender.feedback.steps import MINE


def test_cached_answer_is_noted_once_and_costs_no_query_more(
    active_model: ModelVersion, api: APIClient
) -> None:
    for _ in range(3):
        api.get(MINE)
    with CaptureQueriesContext(connection) as queries:
        api.get(MINE)
    assert len(queries) == 1
    assert len(feedback_buffer.read(limit=10)) == 1


def test_without_redis_answers_come_and_only_notes_are_lost(
    active_model: ModelVersion, api: APIClient, viewer: User, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    body = api.get(MINE).json()
    assert len(body["results"]) == 10
    set_rating(user=viewer, movie_id=body["results"][0]["movie"]["id"], stars=5)
    assert write_feedback() == 0
    assert not Impression.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_home_page_says_where_films_come_from_without_javascript(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    page = browser.get("/").content.decode()
    [(movie_id, origin), *_] = re.findall(r'href="/movies/(\d+)/\?from=([0-9a-f]{32})"', page)
    assert f'data-recommendation="{origin}"' in page
    film = browser.get(f"/movies/{movie_id}/?from={origin}").content.decode()
    assert f'action="/movies/{movie_id}/rating/?from={origin}"' in film
    browser.post(f"/movies/{movie_id}/rating/?from={origin}", {"stars": "4.5"})
    other = next(pk for pk in re.findall(r'action="/movies/(\d+)/hide/', page) if pk != movie_id)
    browser.post(f"/movies/{other}/hide/?from={origin}")
    write_feedback()
    assert set(Event.objects.values_list("movie_id", "kind")) == {
        (int(movie_id), "click"),
        (int(movie_id), "liked"),
        (int(other), "hidden"),
    }
    assert set(Impression.objects.values_list("surface", flat=True)) == {"home"}
    assert {"top", "because"} & set(Impression.objects.values_list("row", flat=True))


@pytest.mark.parametrize("origin", ["home", "x" * 32, "0" * 31, "<script>", "A" * 32])
def test_origin_that_is_none_is_left_out(
    origin: str, active_model: ModelVersion, browser: Client
) -> None:
    page: Any = browser.get("/movies/1/", {"from": origin})
    assert page.status_code == 200
    assert "?from=" not in re.sub(r"name=\"next\" value=\"[^\"]*\"", "", page.content.decode())
    assert feedback_buffer.read(limit=10) == []


def test_nothing_is_noted_of_who_does_not_allow_it_nor_of_strangers(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    Client().get("/")
    User.objects.filter(pk=viewer.pk).update(allows_training=False)
    viewer.refresh_from_db()
    body = api.get(MINE).json()
    set_rating(user=viewer, movie_id=body["results"][0]["movie"]["id"], stars=5)
    assert feedback_buffer.read(limit=10) == []
