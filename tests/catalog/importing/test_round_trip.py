import json
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.diary.services import Viewing, add_entry, save_note
from catalog.diary_models import DiaryEntry
from catalog.importing import services
from catalog.importing.parsing import parse_upload
from catalog.importing.working import work_imports
from catalog.lists.services import add_film, create_list
from catalog.models import (
    FilmList,
    HistoryImport,
    MovieNote,
    Rating,
    SeenMovie,
    WatchlistEntry,
)
from catalog.services import add_to_watchlist, remove_from_watchlist, set_rating
from recommender.models import HiddenMovie, MutedReason
from recommender.reason_muting import mute_reason
from recommender.services import hide_movie
from tests.catalog.factories import make_member, make_movie
from tests.catalog.importing.exports import make_zip
from tests.pages import read

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


def fill_more(user: User) -> None:
    """Give somebody lists, notes, hidden films and muted reasons, beside the rest."""
    for number, name in enumerate(("Für Oma & Opa", "fur oma opa", "Empty, with = sign")):
        note = 'With "marks",\r\nand lines' if number else ""
        made = create_list(user=user, name=name, note=note, is_public=number == 1)
        for movie_id in (8, 2, 5, 1)[: 4 - 2 * number]:
            note = f"=note {movie_id}" if movie_id > 2 else ""
            add_film(user=user, list_id=made.pk, movie_id=movie_id, note=note, position=1)
    save_note(user=user, movie_id=2, text='A "note",\r\nof two lines; né')
    save_note(user=user, movie_id=9, text="- of a film with nothing else")
    for movie_id in (4, 10):
        hide_movie(user=user, movie_id=movie_id)
        mute_reason(user=user, movie_id=movie_id - 1)


def snapshot_more(user: User) -> list[Any]:
    lists = FilmList.objects.filter(user=user).order_by("created_at")
    fields = ("movie_id", "position", "note", "added_at")
    return [
        *snapshot(user),
        [(one.name, one.note, one.is_public, one.created_at, one.updated_at) for one in lists],
        [list(one.entries.order_by("position").values_list(*fields)) for one in lists],
        sorted(MovieNote.objects.filter(user=user).values_list("movie_id", "text", "created_at")),
        sorted(HiddenMovie.objects.filter(user=user).values_list("movie_id", "hidden_at")),
        sorted(MutedReason.objects.filter(user=user).values_list("movie_id", "muted_at")),
    ]


def download(user: User) -> bytes:
    client = Client()
    client.force_login(user)
    answer: Any = client.get("/export/movieshow.zip")
    return b"".join(answer.streaming_content)


def bring(user: User, packed: bytes) -> HistoryImport:
    """Upload an export and take all of it; nothing of it may be odd."""
    upload = SimpleUploadedFile("movieshow-2024.zip", packed)
    batch = services.start_import(user=user, upload=upload)
    work_imports(user_id=user.pk)
    batch.refresh_from_db()
    assert (batch.problem_count, batch.remarks) == (0, [])
    assert set(batch.films.values_list("match", flat=True)) == {"matched"}
    services.request_apply(user=user, import_id=batch.pk, policy="keep")
    work_imports(user_id=user.pk)
    batch.refresh_from_db()
    assert batch.status == "applied"
    return batch


# What is of an account and not of its films, or was done with it: none of it is imported.
NOT_IMPORTED = {
    *("README.txt", "json/account.json", "json/api-tokens.json", "json/sessions.json"),
    *("json/imports.json", "json/taste.json", "json/services.json", "json/tags.json"),
    *("json/rating-changes.json", "json/shown.json", "json/done.json", "json/experiments.json"),
    *("json/home-rows.json", "json/movie-nights.json"),
}
# The link of a shared list is another, and rows begin anew: when each was written is not kept, but
# of lists and notes their beginning, of ratings when the stars were given.
NOT_KEPT = {
    "json/lists.json": {"share_key"},
    "json/notes.json": {"updated_at"},
    "json/ratings.json": {"created_at"},
    "json/seen.json": {"created_at"},
    "json/diary.json": {"created_at", "updated_at"},
}


def read_export(packed: bytes) -> dict[str, list[str]]:
    """Return the lines of each file that an import brings back, less what cannot be kept.

    They are sorted but on lists: rows may have come in another order.
    """
    files: dict[str, list[str]] = {}
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        for name in set(archive.namelist()) - NOT_IMPORTED:
            text = archive.read(name).decode()
            if not name.endswith(".json"):
                lines = text.splitlines()
            else:
                gone = NOT_KEPT.get(name, set())
                rows: list[dict[str, Any]] = json.loads(text)
                kept = [{key: row[key] for key in row if key not in gone} for row in rows]
                lines = [json.dumps(row) for row in kept]
            files[name] = lines if "lists" in name else sorted(lines)
    return files


def test_new_account_gets_all_of_an_export_and_exports_the_same(member: User) -> None:
    fill(member)
    for pk in (9, 10):
        make_movie(pk, f"Film Number {pk}", year=2000)
    fill_more(member)
    packed = download(member)
    other = make_member("eve")
    batch = bring(other, packed)

    assert snapshot_more(other) == snapshot_more(member)
    first, second = read_export(packed), read_export(download(other))
    assert set(first) == set(second)
    for name, lines in first.items():
        assert second[name] == lines, name
    keys = FilmList.objects.exclude(share_key=None).values_list("share_key", flat=True)
    assert len(set(keys)) == 2

    # Once more, and nothing is doubled; then all of it is taken back.
    before = snapshot_more(other)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    again = bring(other, make_zip(files))
    assert snapshot_more(other) == before
    for one in (again, batch):
        services.request_undo(user=other, import_id=one.pk)
        work_imports(user_id=other.pk)
    assert not any(snapshot_more(other))
    assert any(snapshot_more(member))


@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_tables_alone_bring_all_back_and_so_does_json_alone(ending: str, member: User) -> None:
    fill(member)
    for pk in (9, 10):
        make_movie(pk, f"Film Number {pk}", year=2000)
    fill_more(member)
    with zipfile.ZipFile(BytesIO(download(member))) as archive:
        names = [name for name in archive.namelist() if name.endswith(ending)]
        files = {name: archive.read(name) for name in names}
    other = make_member("eve")
    bring(other, make_zip(files))
    assert snapshot_more(other) == snapshot_more(member)


def test_what_is_exported_comes_back_the_same(member: User) -> None:
    fill(member)
    before = snapshot(member)
    packed = download(member)
    for model in (Rating, SeenMovie, WatchlistEntry, DiaryEntry):
        model.objects.all().delete()
    bring(member, packed)
    assert snapshot(member) == before


def test_export_without_our_ids_is_read_by_title_and_year(member: User) -> None:
    fill(member)
    packed = download(member)
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


def test_page_of_an_import_undone_names_all_that_was_taken_back(member: User) -> None:
    fill(member)
    for pk in (9, 10):
        make_movie(pk, f"Film Number {pk}", year=2000)
    fill_more(member)
    other = make_member("eve")
    batch = bring(other, download(member))
    # What was taken back by hand is not told as undone.
    HiddenMovie.objects.get(user=other, movie_id=4).delete()
    client = Client()
    client.force_login(other)
    services.request_undo(user=other, import_id=batch.pk)
    work_imports(user_id=other.pk)
    page = read(client, f"/import/{batch.pk}/")
    for said in (
        "5 ratings taken back",
        "1 film taken off your watchlist",
        "2 films no longer marked as seen",
        "4 days taken out of your diary",
        "3 lists taken away",
        "2 notes taken away",
        "1 film no longer hidden",
        "2 films may be a reason again",
    ):
        assert said in page, said
    assert "earlier rating" not in page
    assert "left as" not in page


def test_undoing_what_is_gone_already_says_so(member: User) -> None:
    make_movie(1, "Heat", year=1995)
    add_to_watchlist(user=member, movie_id=1)
    other = make_member("eve")
    batch = bring(other, download(member))
    remove_from_watchlist(user=other, movie_id=1)
    client = Client()
    client.force_login(other)
    services.request_undo(user=other, import_id=batch.pk)
    work_imports(user_id=other.pk)
    assert "None of it was left to take back." in read(client, f"/import/{batch.pk}/")
