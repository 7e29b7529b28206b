"""When notes are written, and what they say then."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.services import add_to_watchlist, remove_rating, set_rating
from recommender.feedback import buffer as feedback_buffer
from recommender.feedback.noting import note_click
from recommender.feedback.writing import WRITE_LOCK, write_feedback
from recommender.models import Event, Impression, ModelVersion
from recommender.services import hide_movie
from tests.recommender.conftest import Watch
from tests.recommender.feedback.steps import HISTORY, MINE


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


def test_film_deleted_meanwhile_is_left_out(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    gone = api.get(MINE, {"limit": 3}).json()["results"][0]["movie"]["id"]
    connection.cursor().execute("DELETE FROM catalog_movie_genres WHERE movie_id = %s", [gone])
    connection.cursor().execute("DELETE FROM catalog_movie WHERE id = %s", [gone])
    write_feedback()
    assert Impression.objects.count() == 2


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


@pytest.mark.django_db(transaction=True)
def test_note_that_comes_while_two_jobs_write_is_kept(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    """A second job and a note arrive between a batch's commit and its leaving the buffer."""
    shown = api.get(MINE).json()
    ids = [item["movie"]["id"] for item in shown["results"]]
    arrived: list[int] = []

    def run_second() -> None:
        arrived.append(write_feedback())
        connections.close_all()

    def arrive() -> None:
        second = threading.Thread(target=run_second)
        second.start()
        second.join()
        note_click(user=viewer, movie_id=ids[0], origin=shown["recommendation_id"])

    def follow(execute: Callable[..., Any], *args: Any) -> Any:
        if connection.in_atomic_block and not arrived:
            arrived.append(0)
            transaction.on_commit(arrive)
        return execute(*args)

    with connection.execute_wrapper(follow):
        write_feedback()
    assert arrived == [0, 0]
    assert kinds() == {ids[0]: "click"}


def test_unreadable_entry_is_passed_over(active_model: ModelVersion, api: APIClient) -> None:
    feedback_buffer.push({"what": "something of a later release"})
    api.get(MINE)
    assert write_feedback() == 2
    assert Impression.objects.count() == 10


@pytest.mark.parametrize(
    "change",
    [
        {"films": None},
        {"films": [[1, 1]]},
        {"films": [["1", 1, ""]]},
        {"at": "yesterday"},
        {"at": 1e30},
        {"id": "no id"},
        {"surface": "a surface of a later release"},
        {"arm": [1, 2, 3]},
        {"arm": {"id": 1}},
        {"subject": "somebody"},
        {"decision": ["evening/phone", "top"]},
        {"what": "did"},
        {"what": "did", "movie": 1, "kind": "a deed of a later release"},
        {"what": "did", "movie": "Heat", "kind": "click"},
        {"what": "did", "movie": 1, "kind": "click", "id": "no id"},
    ],
)
def test_entry_of_another_shape_does_not_hold_up_those_behind_it(
    active_model: ModelVersion, api: APIClient, viewer: User, change: dict[str, Any]
) -> None:
    api.get(MINE)
    [raw] = feedback_buffer.read(limit=10)
    feedback_buffer.drop([raw])
    feedback_buffer.push(json.loads(raw) | change)
    feedback_buffer.push(json.loads(raw))
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
