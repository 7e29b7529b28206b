import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.diary.services import Viewing, add_entry
from catalog.diary_models import DiaryEntry
from catalog.importing import services
from catalog.importing.parsing import parse_upload
from catalog.importing.working import work_imports
from catalog.models import HistoryImport, Rating, SeenMovie, WatchlistEntry
from catalog.services import add_to_watchlist, set_rating
from tests.catalog.factories import make_movie

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
DAY_FIELDS = ("movie_id", "watched_on", "is_rewatch", "note")


def snapshot(user: User) -> list[Any]:
    ratings = Rating.objects.filter(user=user).order_by("watched_at", "id")
    fields = ("movie_id", "stars", "watched_at", "is_date_known", "updated_at")
    return [
        list(ratings.values_list(*fields)),
        sorted(SeenMovie.objects.filter(user=user).values_list("movie_id", "watched_at")),
        sorted(WatchlistEntry.objects.filter(user=user).values_list("movie_id", "added_at")),
        sorted(DiaryEntry.objects.filter(user=user).values_list(*DAY_FIELDS)),
    ]


def fill(user: User) -> None:
    titles = ["Matrix, The", 'The "Quoted", Film', "Amélie", "Film; with = signs", "2001"]
    for pk, title in enumerate(titles, start=1):
        make_movie(pk, title, year=None if pk == 4 else 1990 + pk)
        set_rating(user=user, movie_id=pk, stars=pk / 2)
    now = timezone.now()
    for pk in (6, 7, 8):
        make_movie(pk, "The Very Same Title", year=2000)
    SeenMovie.objects.create(user=user, movie_id=6)
    SeenMovie.objects.create(user=user, movie_id=7, watched_at=now)
    add_to_watchlist(user=user, movie_id=8)
    for pk, day in ((1, 3), (1, 4), (3, 4), (8, 5)):
        viewing = Viewing(date(2020, 1, day), is_rewatch=day == 4, note='With "Ada",\nat last')
        add_entry(user=user, movie_id=pk, viewing=viewing)
    Rating.objects.filter(user=user, movie_id__in=(2, 3)).update(watched_at=now)
    Rating.objects.filter(user=user, movie_id__in=(3, 4)).update(is_date_known=True)


def test_what_is_exported_comes_back_the_same(logged_in: Client, member: User) -> None:
    fill(member)
    before = snapshot(member)
    answer: Any = logged_in.get("/export/movieshow.zip")
    packed = b"".join(answer.streaming_content)
    Rating.objects.all().delete()
    SeenMovie.objects.all().delete()
    WatchlistEntry.objects.all().delete()
    DiaryEntry.objects.all().delete()

    upload = SimpleUploadedFile("movieshow-2024.zip", packed)
    batch = services.start_import(user=member, upload=upload)
    work_imports(user_id=member.pk)
    batch.refresh_from_db()
    assert (batch.problem_count, batch.remarks) == (0, [])
    assert set(batch.films.values_list("match", flat=True)) == {"matched"}
    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    work_imports(user_id=member.pk)

    assert HistoryImport.objects.get().status == "applied"
    assert snapshot(member) == before


def test_export_without_our_ids_is_read_by_title_and_year(logged_in: Client, member: User) -> None:
    fill(member)
    answer: Any = logged_in.get("/export/movieshow.zip")
    packed = b"".join(answer.streaming_content)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        lines = archive.read("ratings.csv").decode()
    films = parse_upload(lines.replace("movieId", "nothing", 1).encode(), name="ratings.csv").films
    assert [film.title for film in films] == [
        "Matrix, The",
        "Film; with = signs",
        "2001",
        'The "Quoted", Film',
        "Amélie",
    ]
