"""Pages of an import that brings lists, notes and marks."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from catalog.diary.services import save_note
from catalog.importing.working import work_imports
from catalog.lists.services import change_list, create_list
from catalog.models import FilmList, HistoryImport, ImportedList
from tests.catalog.factories import count_queries_of, make_member
from tests.catalog.importing.exports import (
    RATINGS,
    REVIEWS,
    make_csv,
    make_letterboxd_list,
    make_zip,
)
from tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage", "films")]
NAME = 'Sharks <img src=x> & "more"'
SHARKS = [["Jaws", 1975, ""], ["The Matrix", 1999, ""], ["Home Movie", 2001, ""]]


def make_export(lists: dict[str, list[list[Any]]]) -> bytes:
    files = {
        f"lists/{number}.csv": make_letterboxd_list(name, films)
        for number, (name, films) in enumerate(lists.items())
    }
    review = ["2021-05-02", "Jaws", 1975, "u", "", "", "Teeth", "", ""]
    hidden = "movieId,imdbID,tmdbID,Title,Year,HiddenAt\n2730,,,Solaris,1972,2021-05-02\n"
    return make_zip(
        {
            "ratings.csv": make_csv(RATINGS, ["2020-02-01", "Jaws", 1975, "u", "4"]),
            "reviews.csv": make_csv(REVIEWS, review),
            "hidden.csv": hidden,
            "muted.csv": hidden.replace("Hidden", "Muted"),
            **files,
        }
    )


def start(client: Client, member: User, lists: dict[str, list[list[Any]]]) -> HistoryImport:
    """Upload an export of these lists, and have it read."""
    content = make_export(lists)
    client.post("/import/", {"file": SimpleUploadedFile("letterboxd.zip", content)})
    work_imports(user_id=member.pk)
    return HistoryImport.objects.latest("pk")


@pytest.fixture
def batch(logged_in: Client, member: User) -> HistoryImport:
    """An import under review with a list and a note."""
    return start(logged_in, member, {NAME: SHARKS})


def apply(client: Client, batch: HistoryImport) -> None:
    client.post(f"/import/{batch.pk}/apply/", {"policy": "keep"})
    work_imports(user_id=batch.user_id)


def read_figures(page: str) -> dict[str, str]:
    found = re.findall(r"<dd>\s*(\d+)\s*</dd>\s*<dt>([^<]+)</dt>", page)
    return {label: number for number, label in found}


def test_review_shows_lists_and_how_much_of_each_was_found(
    logged_in: Client, batch: HistoryImport
) -> None:
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "Sharks &lt;img src=x&gt; &amp; &quot;more&quot;" in page
    assert "2 of 3 films found" in page
    assert "for you alone" in page
    figures = read_figures(page)
    assert (figures["with a note"], figures["to stay hidden"]) == ("1", "1")
    assert figures["muted as reasons"] == "1"
    matched = read(logged_in, f"/import/{batch.pk}/?show=matched")
    assert "on a list" in matched
    assert "hidden or muted" in matched
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", matched)


def test_review_says_what_of_ones_own_stays(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    create_list(user=member, name=NAME.upper())
    save_note(user=member, movie_id=1387, text="Mine")
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "you have a list of this name: what it lacks is added to it" in page
    assert "On 1 of these films you have a note here already: yours stays." in page


def test_list_is_left_out_and_taken_again(logged_in: Client, batch: HistoryImport) -> None:
    wanted = ImportedList.objects.filter(is_wanted=True)
    url = f"/import/{batch.pk}/lists/{wanted.get().pk}/choose/"
    assert logged_in.post(url)["Location"] == f"/import/{batch.pk}/#lists"
    assert not wanted.exists()
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "Import it" in page
    logged_in.post(url, {"is_wanted": "on"})
    assert wanted.exists()
    logged_in.post(url)
    apply(logged_in, batch)
    assert not FilmList.objects.exists()


def test_result_counts_lists_and_notes_and_so_does_the_undo(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    apply(logged_in, batch)
    page = read(logged_in, f"/import/{batch.pk}/")
    figures = read_figures(page)
    assert (figures["lists made"], figures["films put on lists"]) == ("1", "2")
    assert (figures["notes written"], figures["films hidden"]) == ("1", "1")
    assert "Your lists" in page
    assert NAME.replace("<", "&lt;")[:7] in read(logged_in, "/lists/")
    save_note(user=member, movie_id=1387, text="Mine now")
    logged_in.post(f"/import/{batch.pk}/undo/")
    work_imports(user_id=member.pk)
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "1 list taken away" in page
    assert "1 note that you changed since then was left as it is" in page
    assert not FilmList.objects.exists()


def test_list_changed_since_then_is_said_to_stay(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    apply(logged_in, batch)
    change_list(user=member, list_id=FilmList.objects.get().pk, name="Fish")
    logged_in.post(f"/import/{batch.pk}/undo/")
    work_imports(user_id=member.pk)
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "1 list that you changed since then was left as it is" in page


def test_pages_speak_german(logged_in: Client, member: User, batch: HistoryImport) -> None:
    page = read(logged_in, f"/import/{batch.pk}/", accept_language="de")
    assert "2 von 3 Filmen gefunden" in page
    assert "nur für dich" in page
    apply(logged_in, batch)
    assert "Listen angelegt" in read(logged_in, f"/import/{batch.pk}/", accept_language="de")


def test_only_its_owner_chooses_and_only_by_post(batch: HistoryImport) -> None:
    url = f"/import/{batch.pk}/lists/{ImportedList.objects.get().pk}/choose/"
    owner, other = Client(), Client()
    owner.force_login(batch.user)
    other.force_login(make_member("bob"))
    assert other.post(url).status_code == 404
    assert Client().post(url).status_code == 404
    assert owner.get(url).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(batch.user)
    assert strict.post(url).status_code == 403
    assert ImportedList.objects.get().is_wanted
    apply(owner, batch)
    answer = owner.post(url, headers={"HX-Request": "true"})
    assert answer.status_code == 409


def test_queries_do_not_grow_with_the_lists(logged_in: Client, member: User) -> None:
    few = start(logged_in, member, {"A": SHARKS})
    many = start(logged_in, member, {f"List {number}": SHARKS for number in range(20)})
    counted = [count_queries_of(logged_in, f"/import/{one.pk}/") for one in (few, many)]
    assert counted[0] == counted[1] <= 14
