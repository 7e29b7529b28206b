"""Pages of the diary, and the forms of a film's page that write into it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.diary.services import Viewing, add_entry
from catalog.diary_models import MAX_MOVIE_NOTE, DiaryEntry, MovieNote
from catalog.models import Movie
from catalog.services import set_rating
from tests.catalog.factories import count_queries_of, make_member, make_movie
from tests.pages import read_undo

HTMX = {"HX-Request": "true"}
DAY = {"watched_on": "2020-05-17"}
pytestmark = pytest.mark.django_db


def log(user: User, movie: Movie, day: date = date(2020, 5, 17), note: str = "") -> DiaryEntry:
    return add_entry(user=user, movie_id=movie.pk, viewing=Viewing(day, note=note))


def test_film_is_written_down_and_shown(logged_in: Client, movie: Movie, member: User) -> None:
    data = {**DAY, "is_rewatch": "on", "note": "With <Ada>", "next": "/diary/"}
    answer = logged_in.post(f"/movies/{movie.pk}/diary/", data)
    assert (answer.status_code, answer["Location"]) == (302, "/diary/")
    page = logged_in.get("/diary/").content.decode()
    assert "The Matrix" in page
    assert "May 2020" in page
    assert "With &lt;Ada&gt;" in page
    assert "seen before" in page


def test_htmx_gets_the_diary_of_the_film(logged_in: Client, movie: Movie) -> None:
    answer = logged_in.post(f"/movies/{movie.pk}/diary/", DAY, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'datetime="2020-05-17"' in page
    assert "is in your diary" in page


def test_first_entry_makes_a_guest(movie: Movie) -> None:
    client = Client()
    client.post(f"/movies/{movie.pk}/diary/", DAY)
    assert DiaryEntry.objects.get().user.is_guest
    assert "The Matrix" in client.get("/diary/").content.decode()


@pytest.mark.parametrize("day", ["", "yesterday", "2020-13-40", "2999-01-01", "1500-01-01"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_bad_day_comes_back_with_what_was_typed(
    day: str, headers: dict[str, str], logged_in: Client, movie: Movie
) -> None:
    data = {"watched_on": day, "note": "Typed with care", "is_rewatch": "on"}
    answer = logged_in.post(f"/movies/{movie.pk}/diary/", data, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == (200 if headers else 422)
    assert "field__error" in page
    assert "Typed with care" in page
    assert f'value="{day}"' in page or not day
    assert re.search(r'name="is_rewatch"[^>]*checked', page)
    assert not DiaryEntry.objects.exists()


def test_same_day_twice_is_refused_with_a_message(
    logged_in: Client, movie: Movie, member: User
) -> None:
    log(member, movie)
    page = logged_in.post(f"/movies/{movie.pk}/diary/", DAY).content.decode()
    assert "in your diary on that day already" in page


def test_entry_is_changed_in_its_form(logged_in: Client, movie: Movie, member: User) -> None:
    entry = log(member, movie, note="Old")
    page = logged_in.get(f"/diary/{entry.pk}/?next=/diary/%3Fpage=2").content.decode()
    assert 'value="2020-05-17"' in page
    assert "Old" in page
    assert 'value="/diary/?page=2"' in page
    bad = logged_in.post(f"/diary/{entry.pk}/", {"watched_on": "x", "note": "New"})
    assert bad.status_code == 422
    assert "New" in bad.content.decode()
    answer = logged_in.post(f"/diary/{entry.pk}/", {"watched_on": "2020-05-18", "note": "New"})
    assert answer["Location"] == "/diary/"
    entry.refresh_from_db()
    assert (entry.watched_on, entry.note) == (date(2020, 5, 18), "New")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_removing_is_undone_with_the_note(
    headers: dict[str, str], logged_in: Client, movie: Movie, member: User
) -> None:
    entry = log(member, movie, note="Übel & gut")
    answer: Any = logged_in.post(f"/diary/{entry.pk}/remove/", headers=headers, follow=True)
    assert not DiaryEntry.objects.exists()
    address, fields = read_undo(answer.content.decode())
    assert address == f"/movies/{movie.pk}/diary/"  # no note in an address, for logs to keep
    logged_in.post(address, fields, headers=headers)
    back = DiaryEntry.objects.get()
    assert (back.watched_on, back.is_rewatch, back.note) == (date(2020, 5, 17), False, "Übel & gut")


def test_entries_of_others_are_not_found(logged_in: Client, movie: Movie) -> None:
    entry = log(make_member("bob"), movie)
    for client in (logged_in, Client()):
        assert client.get(f"/diary/{entry.pk}/").status_code == 404
        assert client.post(f"/diary/{entry.pk}/", DAY).status_code == 404
        assert client.post(f"/diary/{entry.pk}/remove/").status_code == 404
        assert "The Matrix" not in client.get("/diary/").content.decode()
    assert DiaryEntry.objects.exists()


def test_diary_keeps_to_a_month_and_to_what_it_understands(
    logged_in: Client, movie: Movie, member: User
) -> None:
    log(member, movie)
    log(member, make_movie(7, "Other Film"), date(2021, 1, 2))
    page = logged_in.get("/diary/?month=2020-05").content.decode()
    assert "The Matrix" in page
    assert "Other Film" not in page
    for query in ("month=x", "month=2020-06", "month=%00", "page=0", "page=zz", "page=" + "9" * 30):
        page = logged_in.get(f"/diary/?{query}").content.decode()
        assert "The Matrix" in page
        assert "Other Film" in page


def test_long_diary_has_pages_and_queries_that_do_not_grow(logged_in: Client, member: User) -> None:
    def fill(first: int, last: int) -> None:
        for pk in range(first, last):
            movie = make_movie(pk, f"Film {pk:03}", genres=["Drama", f"Genre {pk % 3}"])
            log(member, movie, timezone.localdate() - timedelta(days=pk * 11))
            set_rating(user=member, movie_id=pk, stars=4)

    fill(1, 3)
    few = count_queries_of(logged_in, "/diary/")
    fill(3, 50)
    assert count_queries_of(logged_in, "/diary/") == few <= 12
    assert "Film 049" not in logged_in.get("/diary/").content.decode()
    page = logged_in.get("/diary/?page=2").content.decode()
    assert "Film 049" in page
    assert "Film 001" not in page


def test_empty_diary_says_how_to_fill_it(db: None) -> None:
    assert "Nothing here yet" in Client().get("/diary/").content.decode()


def test_note_is_saved_shown_and_removed(logged_in: Client, movie: Movie) -> None:
    url = f"/movies/{movie.pk}/note/"
    answer = logged_in.post(url, {"text": "A <b>"})
    assert answer["Location"] == f"/movies/{movie.pk}/"
    assert "A &lt;b&gt;" in logged_in.get(url).content.decode()
    piece = logged_in.post(url, {"text": ""}, headers=HTMX).content.decode()
    assert "Note removed." in piece
    assert not MovieNote.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_note_too_long_comes_back_as_typed(
    headers: dict[str, str], logged_in: Client, movie: Movie
) -> None:
    text = "x" * (MAX_MOVIE_NOTE + 1)
    answer = logged_in.post(f"/movies/{movie.pk}/note/", {"text": text}, headers=headers)
    assert answer.status_code == (200 if headers else 422)
    assert text in answer.content.decode()
    assert "field__error" in answer.content.decode()
    assert not MovieNote.objects.exists()


@pytest.mark.parametrize("path", ["diary", "note"])
def test_unknown_films_are_not_found(path: str, logged_in: Client) -> None:
    for movie_id in (404, 10**20):
        assert logged_in.get(f"/movies/{movie_id}/{path}/").status_code == 404
        assert logged_in.post(f"/movies/{movie_id}/{path}/", DAY).status_code == 404


def test_methods_that_make_no_sense_are_refused(
    logged_in: Client, movie: Movie, member: User
) -> None:
    entry = log(member, movie)
    assert logged_in.post("/diary/").status_code == 405
    assert logged_in.get(f"/diary/{entry.pk}/remove/").status_code == 405
    for url in (f"/diary/{entry.pk}/", f"/movies/{movie.pk}/diary/", f"/movies/{movie.pk}/note/"):
        assert logged_in.get(url).status_code == 200
        assert logged_in.delete(url).status_code == 405


def test_writes_need_the_csrf_token(movie: Movie) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/movies/{movie.pk}/diary/", DAY).status_code == 403
    assert client.post(f"/movies/{movie.pk}/note/", {"text": "x"}).status_code == 403
