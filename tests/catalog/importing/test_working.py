import json
import threading
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from accounts.models import User
from catalog.importing import services
from catalog.importing.notes import say
from catalog.importing.queueing import QUEUE
from catalog.importing.working import IMPORT_LOCK, MAX_ATTEMPTS, work_imports
from catalog.jobs import resume_imports_job, work_imports_job
from catalog.models import (
    HistoryImport,
    ImportedFilm,
)
from catalog.signals import rating_changed
from tests.catalog.factories import make_member, make_movie
from tests.catalog.importing.steps import (
    get_stars,
    snapshot,
    upload,
    upload_ratings,
    work,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
Status = HistoryImport.Status


def test_file_is_deleted_once_it_is_read(member: User, films: None) -> None:
    batch = upload(member)
    assert default_storage.exists(batch.stored_as)
    stored_as = batch.stored_as
    assert work(batch).stored_as == ""
    assert not default_storage.exists(stored_as)


def test_file_that_cannot_be_read_fails_with_the_reason_and_is_deleted(member: User) -> None:
    batch = upload(member, b"dear diary", "letter.txt")
    stored_as = batch.stored_as
    batch = work(batch)
    assert batch.status == Status.FAILED
    assert say(batch.error).startswith("No films were found")
    assert not default_storage.exists(stored_as)
    assert upload(member, b"dear diary", "letter.txt").pk != batch.pk


def test_characters_that_cannot_be_kept_are_noted_and_stop_nothing(
    member: User, films: None
) -> None:
    films_of_list: list[dict[str, Any]] = [
        {"title": "Jaws", "year": 1975},
        {"title": "\ud800", "year": 1999},
        {"title": "\x00", "year": 1999},
        {"title": "Solaris", "year": "\x00\ud800"},
    ]
    rated = [
        {"rated_at": "2020-01-01", "rating": 8, "movie": {**film, "ids": {}}}
        for film in films_of_list
    ]
    batch = work(upload(member, json.dumps(rated).encode(), "ratings.json"))
    assert (batch.status, batch.problem_count) == (Status.READY, 3)
    assert [film.title for film in batch.films.all()] == ["Jaws"]


def test_worker_that_died_while_reading_is_followed_by_one_that_begins_anew(
    member: User, films: None
) -> None:
    batch = upload(member)
    HistoryImport.objects.filter(pk=batch.pk).update(attempts=1, films_total=4, films_done=2)
    assert work(batch).status == Status.READY
    assert batch.films.count() == 4


def test_file_that_kills_workers_is_given_up(member: User) -> None:
    batch = upload(member)
    HistoryImport.objects.filter(pk=batch.pk).update(attempts=MAX_ATTEMPTS)
    batch = work(batch)
    assert batch.status == Status.FAILED
    assert "broke down" in say(batch.error)
    assert batch.stored_as == ""


def test_applying_that_breaks_down_changes_nothing_and_is_tried_again(
    member: User, films: None
) -> None:
    batch = work(upload(member))
    services.request_apply(user=member, import_id=batch.pk, policy="keep")

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("no")

    rating_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            work(batch)
    finally:
        rating_changed.disconnect(fail)
    batch.refresh_from_db()
    assert (batch.status, batch.attempts) == (Status.APPLYING, 1)
    assert not any(snapshot(member))
    assert work(batch).status == Status.APPLIED
    assert len(get_stars(member)) == 2


def test_schedule_queues_what_waits_and_one_job_a_person(member: User, films: None) -> None:
    import django_rq

    queue = django_rq.get_queue(QUEUE)
    clear: Any = queue.empty
    batch = upload(member)
    assert len(queue.jobs) == 1
    assert resume_imports_job() == 0
    clear()
    assert resume_imports_job() == 1
    assert work_imports_job(batch.user_id) == 1
    clear()
    assert resume_imports_job() == 0


def test_person_deleted_meanwhile_is_nothing_to_do(member: User, films: None) -> None:
    batch = upload(member)
    member.delete()
    assert work_imports(user_id=batch.user_id) == 0


@pytest.mark.django_db(transaction=True)
def test_imports_of_one_person_are_done_one_by_one() -> None:
    member = make_member()
    make_movie(1387, "Jaws", year=1975)
    batches = [upload_ratings(member, (f"202{n}-01-01", "Jaws", 1975, 2)) for n in range(3)]
    counts: list[int] = []
    barrier = threading.Barrier(3)

    def act() -> None:
        try:
            barrier.wait(timeout=30)
            counts.append(work_imports(user_id=member.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(counts) == 3
    assert {work(batch).status for batch in batches} == {Status.READY}
    assert ImportedFilm.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_second_worker_leaves_a_person_to_the_first() -> None:
    member = make_member()
    batch = upload(member)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [IMPORT_LOCK, member.pk])
                held.set()
                done.wait(timeout=30)
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, member.pk])
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(timeout=30)
    assert work_imports(user_id=member.pk) == 0
    done.set()
    thread.join(timeout=30)
    assert work(batch).status == Status.READY
