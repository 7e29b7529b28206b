import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services import merge_guest
from catalog.importing import keeping, services
from catalog.importing.container import MAX_UPLOAD_BYTES
from catalog.importing.notes import UploadRefusedError, say
from catalog.importing.working import IMPORT_LOCK, MAX_ATTEMPTS, work_imports
from catalog.jobs import forget_old_imports_job, resume_imports_job, work_imports_job
from catalog.models import (
    HistoryImport,
    ImportedFilm,
    Movie,
    Rating,
    RatingEvent,
    SeenMovie,
    WatchlistEntry,
)
from catalog.services import add_to_watchlist, set_rating
from catalog.signals import rating_changed
from recommender.models import TasteProfile
from tests.catalog.factories import make_member, make_movie
from tests.catalog.importing.exports import RATINGS, make_csv, make_letterboxd

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
Status = HistoryImport.Status


@pytest.fixture
def films(db: None) -> None:
    make_movie(2571, "The Matrix", year=1999)
    make_movie(4973, "Amelie", year=2001)
    make_movie(1387, "Jaws", year=1975)
    make_movie(2730, "Solaris (Solyaris)", year=1972)


def upload(user: User, content: bytes | None = None, name: str = "export.zip") -> HistoryImport:
    data = make_letterboxd() if content is None else content
    return services.start_import(user=user, upload=SimpleUploadedFile(name, data))


def upload_ratings(user: User, *rows: tuple[str, str, int, float]) -> HistoryImport:
    lines = [[date, title, year, "u", stars] for date, title, year, stars in rows]
    return upload(user, make_csv(RATINGS, *lines).encode(), "ratings.csv")


def work(batch: HistoryImport) -> HistoryImport:
    work_imports(user_id=batch.user_id)
    batch.refresh_from_db()
    return batch


def apply(batch: HistoryImport, policy: str = "keep") -> HistoryImport:
    work(batch)
    services.request_apply(user=batch.user, import_id=batch.pk, policy=policy)
    return work(batch)


def undo(batch: HistoryImport) -> HistoryImport:
    services.request_undo(user=batch.user, import_id=batch.pk)
    return work(batch)


def get_stars(user: User) -> dict[int, float]:
    return {rating.movie_id: float(rating.stars) for rating in Rating.objects.filter(user=user)}


def snapshot(user: User) -> list[Any]:
    return [
        list(Rating.objects.filter(user=user).order_by("id").values()),
        list(WatchlistEntry.objects.filter(user=user).order_by("id").values()),
        list(SeenMovie.objects.filter(user=user).order_by("id").values()),
    ]


def test_upload_is_read_reviewed_and_applied(member: User, films: None) -> None:
    batch = work(upload(member))
    assert (batch.status, batch.format) == (Status.READY, "letterboxd")
    assert not Rating.objects.exists()
    assert {film.title: film.match for film in batch.films.all()} == dict.fromkeys(
        ("The Matrix", "Amélie", "Jaws", "Solaris"), "matched"
    )

    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    batch = work(batch)

    assert batch.status == Status.APPLIED
    expected = {"added": 2, "changed": 0, "kept": 0, "seen": 1, "listed": 1, "left_out": 0}
    assert batch.summary == expected
    assert get_stars(member) == {2571: 4.5, 4973: 5}
    assert Rating.objects.get(movie_id=2571).watched_at == datetime(2021, 5, 1, 12, tzinfo=UTC)
    assert Rating.objects.get(movie_id=4973).updated_at == datetime(2020, 2, 2, 12, tzinfo=UTC)
    assert SeenMovie.objects.get().movie_id == 1387
    assert WatchlistEntry.objects.get().movie_id == 2730
    assert RatingEvent.objects.filter(user=member, kind="set").count() == 2


def test_taste_is_bumped_and_the_news_sent_once(member: User, films: None) -> None:
    batch = work(upload(member))
    news: list[Any] = []

    def note(**kwargs: Any) -> None:
        news.append(kwargs["movie_ids"])

    rating_changed.connect(note)
    try:
        apply(batch)
    finally:
        rating_changed.disconnect(note)
    assert [sorted(ids) for ids in news] == [[1387, 2571, 4973]]
    assert TasteProfile.objects.get(user=member).version == 1


def test_history_is_in_the_order_of_watching(member: User) -> None:
    for pk in (1, 2, 3, 4):
        make_movie(pk, f"Film Number {pk}", year=2000 + pk)
    apply(
        upload_ratings(
            member,
            ("2020-02-01", "Film Number 3", 2003, 4),
            ("2020-02-01", "Film Number 1", 2001, 4),
            ("2019-02-01", "Film Number 4", 2004, 4),
            ("", "Film Number 2", 2002, 4),
        )
    )
    history = Rating.objects.filter(user=member).order_by("watched_at", "id")
    assert list(history.values_list("movie_id", flat=True)) == [4, 3, 1, 2]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("keep", {2571: 1, 4973: 2}),
        ("replace", {2571: 4.5, 4973: 5}),
        ("newest", {2571: 4.5, 4973: 2}),
    ],
)
def test_policy_says_whose_stars_count(
    policy: str, expected: dict[int, float], member: User, films: None
) -> None:
    for movie_id, stars, when in ((2571, 1, "2019-06-01"), (4973, 2, "2023-06-01")):
        rating = set_rating(user=member, movie_id=movie_id, stars=stars)
        rated_at = datetime.fromisoformat(when).replace(tzinfo=UTC)
        Rating.objects.filter(pk=rating.pk).update(updated_at=rated_at)
    batch = apply(upload(member), policy)
    assert get_stars(member) == expected
    assert batch.summary["kept"] + batch.summary["changed"] == 2


def test_undo_restores_exactly_what_was_there(member: User, films: None) -> None:
    old = timezone.now() - timedelta(days=900)
    set_rating(user=member, movie_id=2571, stars=1, watched_at=old)
    add_to_watchlist(user=member, movie_id=1387)
    before = snapshot(member)
    batch = apply(upload(member), "replace")
    assert snapshot(member) != before

    batch = undo(batch)

    assert snapshot(member) == before
    assert batch.status == Status.UNDONE
    assert batch.summary == {"removed": 1, "restored": 1, "kept": 0, "seen": 1, "listed": 1}
    assert RatingEvent.objects.filter(user=member, kind="removed").count() == 1
    assert not batch.films.exists()


def test_undo_leaves_what_was_changed_by_hand_since_then(member: User, films: None) -> None:
    batch = apply(upload(member))
    set_rating(user=member, movie_id=2571, stars=2)
    batch = undo(batch)
    assert get_stars(member) == {2571: 2}
    assert batch.summary["kept"] == 1


def test_undo_is_possible_for_some_days_only(member: User, films: None) -> None:
    batch = apply(upload(member))
    long_ago = timezone.now() - timedelta(days=31)
    HistoryImport.objects.filter(pk=batch.pk).update(applied_at=long_ago)
    with pytest.raises(services.ImportNotReadyError):
        services.request_undo(user=member, import_id=batch.pk)


def test_newer_import_of_the_same_film_is_undone_first(member: User, films: None) -> None:
    first = apply(upload_ratings(member, ("2020-01-01", "Jaws", 1975, 2)))
    second = apply(upload_ratings(member, ("2021-01-01", "Jaws", 1975, 4)), "replace")
    with pytest.raises(services.NewerImportError):
        services.request_undo(user=member, import_id=first.pk)
    undo(second)
    assert get_stars(member) == {1387: 2}
    undo(first)
    assert get_stars(member) == {}


def test_two_films_of_the_file_that_are_one_movie_count_once(member: User, films: None) -> None:
    batch = work(
        upload_ratings(member, ("2020-01-01", "Jaws", 1975, 2), ("2021-01-01", "Jaws!", 1976, 4.5))
    )
    assert batch.films.filter(movie_id=1387).count() == 2
    apply(batch)
    assert get_stars(member) == {1387: 4.5}


def test_doubtful_and_unmatched_films_are_left_out_until_chosen(member: User, films: None) -> None:
    make_movie(1, "Psycho", year=1960, rating_count=9)
    make_movie(2, "Psycho", year=1998)
    content = b"title,rating\nPsycho,4\nHome Movie,5\nJaws,3\n"
    batch = work(upload(member, content, "a.csv"))
    kinds = {film.title: film for film in batch.films.all()}
    assert kinds["Psycho"].candidates == [1, 2]
    assert kinds["Home Movie"].match == "unmatched"

    services.choose_movie(
        user=member, import_id=batch.pk, film_id=kinds["Home Movie"].pk, movie_id=2571
    )
    services.choose_movie(user=member, import_id=batch.pk, film_id=kinds["Jaws"].pk, movie_id=None)
    assert services.accept_suggestions(user=member, import_id=batch.pk) == 1
    batch = apply(batch)
    assert get_stars(member) == {1: 4, 2571: 5}
    assert batch.summary["left_out"] == 1


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


def test_same_file_is_recognised(member: User, films: None) -> None:
    batch = upload(member)
    with pytest.raises(services.RepeatedUploadError) as caught:
        upload(member, name="other-name.zip")
    assert caught.value.history_import == batch
    apply(batch)
    with pytest.raises(services.RepeatedUploadError):
        upload(member)
    again = services.start_import(
        user=member,
        upload=SimpleUploadedFile("export.zip", make_letterboxd()),
        is_repeat_wanted=True,
    )
    assert apply(again).summary["added"] == 0
    undo(again)
    undo(batch)
    assert upload(member).status == Status.QUEUED


def test_same_file_of_somebody_else_is_theirs(member: User, films: None) -> None:
    upload(member)
    assert upload(make_member("bob")).user.username == "bob"


def test_too_large_an_upload_and_too_many_are_refused(member: User) -> None:
    with pytest.raises(UploadRefusedError, match="more than 20 MiB"):
        upload(member, b"x" * (MAX_UPLOAD_BYTES + 1))
    for number in range(services.MAX_OPEN):
        upload(member, f"title,rating\nFilm,{number}".encode())
    with pytest.raises(UploadRefusedError, match="not finished"):
        upload(member, b"title,rating\nOne more,4")
    assert len(default_storage.listdir(keeping.FOLDER)[1]) == services.MAX_OPEN


def test_discarded_import_is_not_read(member: User, films: None) -> None:
    batch = upload(member)
    stored_as = batch.stored_as
    services.discard_import(user=member, import_id=batch.pk)
    assert work(batch).status == Status.DISCARDED
    assert not default_storage.exists(stored_as)
    with pytest.raises(services.ImportNotReadyError):
        services.request_apply(user=member, import_id=batch.pk, policy="keep")


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
    assert snapshot(member) == [[], [], []]
    assert work(batch).status == Status.APPLIED
    assert len(get_stars(member)) == 2


def test_schedule_queues_what_waits_and_one_job_a_person(member: User, films: None) -> None:
    import django_rq

    queue = django_rq.get_queue("default")
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


def test_imports_of_a_guest_move_to_the_account_and_stay_undoable(
    member: User, films: None
) -> None:
    expires_at = timezone.now() + timedelta(days=1)
    guest = User.objects.create(username="guest:1", is_guest=True, expires_at=expires_at)
    batch = apply(upload(guest))
    merge_guest(guest=guest, user=member)
    batch.refresh_from_db()
    assert batch.user == member
    assert get_stars(member) == {2571: 4.5, 4973: 5}
    assert SeenMovie.objects.get().user == member
    undo(batch)
    assert snapshot(member) == [[], [], []]


def test_movie_removed_from_the_catalogue_is_left_out(member: User, films: None) -> None:
    batch = work(upload(member))
    Movie.objects.filter(pk=2571).delete()
    assert apply(batch).summary["added"] == 1


def test_films_are_forgotten_once_nothing_can_be_undone(member: User, films: None) -> None:
    applied, open_ = apply(upload(member)), work(upload_ratings(member, ("", "Jaws", 1975, 2)))
    assert forget_old_imports_job() == 0
    HistoryImport.objects.filter(pk=applied.pk).update(
        applied_at=timezone.now() - timedelta(days=31)
    )
    HistoryImport.objects.filter(pk=open_.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert forget_old_imports_job() == 2
    assert not ImportedFilm.objects.exists()
    assert HistoryImport.objects.count() == 2


def test_uploads_that_nobody_waits_for_are_deleted(member: User, settings: Settings) -> None:
    import os
    from io import BytesIO

    from django.core.files.base import File

    kept = upload(member)
    lost = default_storage.save("imports/lost", File(BytesIO(b"x")))
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for name in (kept.stored_as, lost):
        os.utime(default_storage.path(name), (two_days_ago, two_days_ago))
    forget_old_imports_job()
    assert default_storage.exists(kept.stored_as)
    assert not default_storage.exists(lost)


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
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(timeout=30)
    assert work_imports(user_id=member.pk) == 0
    done.set()
    thread.join(timeout=30)
    assert work(batch).status == Status.READY


def test_stars_out_of_range_never_reach_the_database(member: User, films: None) -> None:
    from catalog.bulk_ratings import RatingState, change_ratings
    from catalog.services import InvalidStarsError

    now = timezone.now()
    bad = RatingState(1387, Decimal("5.5"), now, now)
    with pytest.raises(InvalidStarsError):
        change_ratings(user=member, added=[bad])
