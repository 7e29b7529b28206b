from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from catalog.importing import keeping, services
from catalog.importing.container import MAX_UPLOAD_BYTES
from catalog.importing.notes import UploadRefusedError
from catalog.models import (
    HistoryImport,
)
from tests.catalog.factories import make_member, make_movie
from tests.catalog.importing.exports import make_letterboxd
from tests.catalog.importing.steps import (
    apply,
    get_stars,
    undo,
    upload,
    upload_ratings,
    work,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
Status = HistoryImport.Status


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
