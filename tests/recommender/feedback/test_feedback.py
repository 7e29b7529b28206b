"""What is noted of people, when it is written, and that it costs the answer nothing."""

import datetime
import json
import re
import threading
from typing import Any

import pytest
import structlog
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import merge_guest
from catalog.services import add_to_watchlist, remove_rating, set_rating
from recommender.feedback import buffer as feedback_buffer
from recommender.feedback.retention import delete_old_feedback
from recommender.feedback.writing import WRITE_LOCK, write_feedback
from recommender.models import Event, Impression, ModelVersion, TasteProfile
from recommender.services import hide_movie
from tests.recommender.conftest import Watch

MINE = "/api/v1/me/recommendations"
HISTORY = (20, 23, 26, 29, 32)


@pytest.fixture
def api(viewer: User, watch: Watch) -> APIClient:
    watch(viewer, *HISTORY)
    client = APIClient()
    client.force_authenticate(viewer)
    return client


@pytest.fixture
def browser(viewer: User, watch: Watch) -> Client:
    watch(viewer, *HISTORY)
    client = Client()
    client.force_login(viewer)
    return client


def kinds() -> dict[int, str]:
    return dict(Event.objects.values_list("movie_id", "kind"))


def test_films_of_an_answer_are_written_by_the_job_with_rank_and_model(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    body = api.get(MINE, {"limit": 4}).json()
    assert not Impression.objects.exists()
    assert write_feedback() == 1
    shown = list(Impression.objects.order_by("rank"))
    assert [row.movie_id for row in shown] == [item["movie"]["id"] for item in body["results"]]
    assert [row.rank for row in shown] == [1, 2, 3, 4]
    assert {row.recommendation_id.hex for row in shown} == {body["recommendation_id"]}
    assert {(r.user_id, r.surface, r.model_version_id) for r in shown} == {
        (viewer.pk, "api", active_model.pk)
    }
    assert feedback_buffer.read(limit=10) == []


def test_cached_answer_is_noted_once_and_costs_no_query_more(
    active_model: ModelVersion, api: APIClient
) -> None:
    for _ in range(3):
        api.get(MINE)
    with CaptureQueriesContext(connection) as queries:
        api.get(MINE)
    assert len(queries) == 1
    assert len(feedback_buffer.read(limit=10)) == 1


def test_writing_the_same_entries_twice_changes_nothing(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    body = api.get(MINE).json()
    movie_id = body["results"][0]["movie"]["id"]
    set_rating(user=viewer, movie_id=movie_id, stars=5)
    entries = feedback_buffer.read(limit=10)
    write_feedback()
    counts = Impression.objects.count(), Event.objects.count()
    for entry in entries:
        feedback_buffer.push(json.loads(entry))
    write_feedback()
    assert (Impression.objects.count(), Event.objects.count()) == counts


def test_without_redis_answers_come_and_only_notes_are_lost(
    active_model: ModelVersion, api: APIClient, viewer: User, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    body = api.get(MINE).json()
    assert len(body["results"]) == 10
    set_rating(user=viewer, movie_id=body["results"][0]["movie"]["id"], stars=5)
    assert write_feedback() == 0
    assert not Impression.objects.exists()


def test_full_buffer_takes_no_more(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_buffer, "MAX_ENTRIES", 2)
    assert [feedback_buffer.push({"n": n}) for n in range(3)] == [True, True, False]
    assert [json.loads(raw)["n"] for raw in feedback_buffer.read(limit=9)] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_deeds_are_tied_to_the_last_answer_that_showed_the_film(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    body = api.get(MINE).json()
    ids = [item["movie"]["id"] for item in body["results"]]
    write_feedback()
    set_rating(user=viewer, movie_id=ids[0], stars=4)
    set_rating(user=viewer, movie_id=ids[1], stars=3.5)
    add_to_watchlist(user=viewer, movie_id=ids[2])
    hide_movie(user=viewer, movie_id=ids[3])
    set_rating(user=viewer, movie_id=1, stars=5)  # never shown: answers no recommendation
    write_feedback()
    assert kinds() == {ids[0]: "liked", ids[1]: "watched", ids[2]: "watchlisted", ids[3]: "hidden"}
    assert {event.recommendation_id.hex for event in Event.objects.all()} == {
        body["recommendation_id"]
    }


@pytest.mark.django_db(transaction=True)
def test_taking_stars_back_answers_no_recommendation(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    shown_id = api.get(MINE).json()["results"][0]["movie"]["id"]
    write_feedback()
    set_rating(user=viewer, movie_id=shown_id, stars=4)
    write_feedback()
    assert kinds() == {shown_id: "liked"}
    Event.objects.all().delete()
    remove_rating(user=viewer, movie_id=shown_id)
    write_feedback()
    assert not kinds()


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


def test_refusal_after_the_showing_keeps_it_out_and_deletes_what_there_was(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    api.get(MINE)
    write_feedback()
    api.get(MINE, {"limit": 3})
    User.objects.filter(pk=viewer.pk).update(allows_training=False)
    write_feedback()
    assert Impression.objects.count() == 10
    assert delete_old_feedback() == 10
    assert not Impression.objects.exists()


def test_feedback_past_its_time_is_deleted(
    active_model: ModelVersion, api: APIClient, settings: Settings
) -> None:
    settings.FEEDBACK_RETENTION_DAYS = 30
    api.get(MINE)
    write_feedback()
    old = timezone.now() - datetime.timedelta(days=31)
    kept = Impression.objects.order_by("rank").values_list("pk", flat=True)[:3]
    Impression.objects.exclude(pk__in=list(kept)).update(shown_at=old)
    assert delete_old_feedback() == 7
    assert Impression.objects.count() == 3


def test_deleted_account_takes_its_feedback_along(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    api.get(MINE)
    write_feedback()
    api.get(MINE, {"limit": 3})
    viewer.delete()
    assert not Impression.objects.exists()
    assert write_feedback() == 1
    assert not Impression.objects.exists()


def test_film_deleted_meanwhile_is_left_out(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    gone = api.get(MINE, {"limit": 3}).json()["results"][0]["movie"]["id"]
    connection.cursor().execute("DELETE FROM catalog_movie_genres WHERE movie_id = %s", [gone])
    connection.cursor().execute("DELETE FROM catalog_movie WHERE id = %s", [gone])
    write_feedback()
    assert Impression.objects.count() == 2


def test_guest_who_signs_up_takes_written_and_buffered_feedback_along(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    expires = timezone.now() + datetime.timedelta(days=1)
    guest = User.objects.create(username="guest:1", is_guest=True, expires_at=expires)
    watch(guest, *HISTORY)
    client = APIClient()
    client.force_authenticate(guest)
    guest_id = guest.pk
    client.get(MINE)
    write_feedback()
    client.get(MINE, {"limit": 3})
    merge_guest(guest=guest, user=viewer)
    assert TasteProfile.objects.get(user=viewer).subject_key == guest_id
    write_feedback()
    assert Impression.objects.filter(user=viewer).count() == 13


@pytest.mark.django_db(transaction=True)
def test_second_writer_leaves_the_buffer_to_the_first(
    active_model: ModelVersion, api: APIClient
) -> None:
    api.get(MINE)
    written: list[int] = []

    def write() -> None:
        written.append(write_feedback())
        connections.close_all()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        second = threading.Thread(target=write)
        second.start()
        second.join()
    assert written == [0]
    assert write_feedback() == 1
    assert Impression.objects.count() == 10


def test_unreadable_entry_is_passed_over(active_model: ModelVersion, api: APIClient) -> None:
    feedback_buffer.push({"what": "something of a later release"})
    api.get(MINE)
    assert write_feedback() == 2
    assert Impression.objects.count() == 10


def test_log_says_nothing_of_what_somebody_was_shown(db: None) -> None:
    feedback_buffer.push({"what": "something of a later release", "user": 4711})
    with structlog.testing.capture_logs() as lines:
        write_feedback()
    assert [line["event"] for line in lines] == ["feedback_entry_not_read"]
    assert "4711" not in str(lines)


def test_writing_takes_as_many_queries_for_many_people(
    active_model: ModelVersion, watch: Watch
) -> None:
    def show_to(number: int) -> int:
        for place in range(number):
            user = User.objects.create_user(f"person{number}-{place}")
            watch(user, *HISTORY)
            client = APIClient()
            client.force_authenticate(user)
            client.get(MINE)
        with CaptureQueriesContext(connection) as queries:
            write_feedback()
        return len(queries)

    assert show_to(12) <= show_to(2)
