import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from catalog.import_views import GUEST_UPLOADS_PER_ADDRESS
from catalog.importing import services
from catalog.importing.container import MAX_UPLOAD_BYTES
from catalog.importing.working import work_imports
from catalog.models import HistoryImport, ImportedFilm, Rating
from tests.catalog.factories import count_queries_of, make_member, make_movie
from tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
HTMX = {"HX-Request": "true"}
ACTIONS = ("accept", "apply", "undo", "discard")
CONTENT = b"title,year,rating\nJaws,1975,4\nPsycho,,3\nHome Movie,2001,5\nAlien,1979,x\n"


@pytest.fixture
def films(db: None) -> None:
    make_movie(1387, "Jaws", year=1975)
    make_movie(1219, "Psycho", year=1960, rating_count=9)
    make_movie(2389, "Psycho", year=1998)


def upload(client: Client, content: bytes = CONTENT, name: str = "mine.csv", **data: Any) -> Any:
    return client.post("/import/", {"file": SimpleUploadedFile(name, content), **data})


@pytest.fixture
def batch(logged_in: Client, member: User, films: None) -> HistoryImport:
    """An import under review."""
    upload(logged_in)
    work_imports(user_id=member.pk)
    return HistoryImport.objects.get()


def get_film(title: str) -> ImportedFilm:
    return ImportedFilm.objects.get(title=title)


def test_upload_leads_to_its_page_that_says_how_far_it_is(logged_in: Client) -> None:
    answer = upload(logged_in)
    batch = HistoryImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/import/{batch.pk}/")
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "Waiting for a free worker" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<noscript>" in page
    HistoryImport.objects.update(films_done=3, films_total=4)
    assert "3 of 4 films looked up" in read(logged_in, f"/import/{batch.pk}/progress/")


def test_progress_has_the_page_loaded_once_there_is_something_to_do(
    logged_in: Client, batch: HistoryImport
) -> None:
    assert logged_in.get(f"/import/{batch.pk}/progress/")["HX-Refresh"] == "true"


def test_review_shows_what_is_doubtful_first_and_what_was_noticed(
    logged_in: Client, batch: HistoryImport
) -> None:
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "Psycho (1960)" in page
    assert "Psycho (1998)" in page
    assert "1 line could not be read" in page
    assert "<code>mine.csv:5</code>" in page
    unmatched = read(logged_in, f"/import/{batch.pk}/?show=unmatched")
    assert "Home Movie (2001)" in unmatched
    assert "Jaws (1975)" in read(logged_in, f"/import/{batch.pk}/?show=matched")
    assert read(logged_in, f"/import/{batch.pk}/?show=nonsense&page=99")


def test_whole_way_from_upload_to_undo(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    psycho, home = get_film("Psycho"), get_film("Home Movie")
    answer = logged_in.post(
        f"/import/{batch.pk}/films/{psycho.pk}/choose/", {"movie": "2389", "show": "doubtful"}
    )
    assert answer["Location"] == f"/import/{batch.pk}/?show=doubtful"
    page = read(logged_in, f"/import/{batch.pk}/films/{home.pk}/?q=jaws")
    assert "Jaws (1975)" in page
    logged_in.post(f"/import/{batch.pk}/apply/", {"policy": "keep"})
    assert "Writing all of it into your account" in read(logged_in, f"/import/{batch.pk}/")
    work_imports(user_id=member.pk)
    rated = Rating.objects.filter(user=member).values_list("movie_id", "stars")
    assert dict(rated) == {1387: 4, 2389: 3}
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "ratings added" in page
    assert "Undo this import" in page
    logged_in.post(f"/import/{batch.pk}/undo/")
    work_imports(user_id=member.pk)
    assert not Rating.objects.exists()
    assert "2 ratings taken back" in read(logged_in, f"/import/{batch.pk}/")


def test_choice_by_htmx_sends_the_entry_and_the_counts(
    logged_in: Client, batch: HistoryImport
) -> None:
    url = f"/import/{batch.pk}/films/{get_film('Psycho').pk}/choose/"
    answer = logged_in.post(url, {"movie": "1219"}, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert "Psycho (1960)" in page
    assert 'hx-swap-oob="true"' in page
    left_out = logged_in.post(url, {"movie": ""}, headers=HTMX).content.decode()
    assert "Left out." in left_out


def test_all_suggestions_are_taken_at_once(logged_in: Client, batch: HistoryImport) -> None:
    logged_in.post(f"/import/{batch.pk}/accept/")
    assert get_film("Psycho").movie_id == 1219


def test_films_rated_already_are_counted_and_the_policy_asked(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    assert "Whose stars count?" not in read(logged_in, f"/import/{batch.pk}/")
    Rating.objects.create(user=member, movie_id=1387, stars=1)
    assert "Whose stars count?" in read(logged_in, f"/import/{batch.pk}/")
    logged_in.post(f"/import/{batch.pk}/apply/", {"policy": "whatever"})
    assert HistoryImport.objects.get().status == "ready"


def test_bad_choices_are_refused(logged_in: Client, batch: HistoryImport) -> None:
    url = f"/import/{batch.pk}/films/{get_film('Psycho').pk}/choose/"
    assert logged_in.post(url, {"movie": "x"}, headers=HTMX).status_code == 400
    assert logged_in.post(url, {"movie": "999"}).status_code == 404
    assert logged_in.post(url, {"movie": str(10**20)}, headers=HTMX).status_code == 400
    other = f"/import/{batch.pk}/films/999999/choose/"
    assert logged_in.post(other, {"movie": "1387"}, headers=HTMX).status_code == 409


def test_form_without_a_file_keeps_the_page_and_says_so(logged_in: Client) -> None:
    answer = logged_in.post("/import/", {})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    empty = upload(logged_in, b"")
    assert empty.status_code == 422


def test_upload_that_is_too_large_is_stopped_while_it_comes(logged_in: Client) -> None:
    answer = upload(logged_in, b"x" * (MAX_UPLOAD_BYTES + 1))
    assert answer.status_code == 413
    assert "more than 20 MiB" in answer.content.decode()
    assert not HistoryImport.objects.exists()


def test_same_file_leads_to_its_import_and_once_applied_asks(
    logged_in: Client, member: User, batch: HistoryImport
) -> None:
    assert upload(logged_in)["Location"] == f"/import/{batch.pk}/"
    services.request_apply(user=member, import_id=batch.pk, policy="keep")
    work_imports(user_id=member.pk)
    answer = upload(logged_in)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "You have imported this very file already." in page
    assert "is_repeat_wanted" in page
    upload(logged_in, is_repeat_wanted="on")
    assert HistoryImport.objects.count() == 2


def test_guest_imports_too(films: None) -> None:
    client = Client()
    upload(client)
    guest = User.objects.get(is_guest=True)
    work_imports(user_id=guest.pk)
    assert "Psycho (1960)" in read(client, f"/import/{guest.imports.get().pk}/")


def test_uploads_of_ever_new_guests_are_limited_by_their_address(logged_in: Client) -> None:
    guest = Client()
    for number in range(GUEST_UPLOADS_PER_ADDRESS):
        if number % services.MAX_OPEN == 0:
            guest = Client()
        assert upload(guest, f"title,rating\nJaws,{number}\n".encode()).status_code == 302
    answer = upload(Client(), b"title,rating\nJaws,4\n")
    assert answer.status_code == 429
    assert "Too many uploads from your network" in answer.text
    assert HistoryImport.objects.count() == GUEST_UPLOADS_PER_ADDRESS
    assert upload(logged_in).status_code == 302


def test_somebody_new_sees_the_form_and_writes_nothing(db: None) -> None:
    assert "Bring your films along" in read(Client(), "/import/")
    assert not User.objects.exists()


def test_imports_of_others_are_not_found(batch: HistoryImport) -> None:
    other = Client()
    other.force_login(make_member("bob"))
    film = get_film("Psycho")
    for client in (other, Client()):
        for path in ("", "progress/", f"films/{film.pk}/"):
            assert client.get(f"/import/{batch.pk}/{path}").status_code == 404
        for action in (*ACTIONS, f"films/{film.pk}/choose"):
            assert client.post(f"/import/{batch.pk}/{action}/").status_code == 404
    assert HistoryImport.objects.get().status == "ready"


def test_what_came_too_late_is_said(logged_in: Client, batch: HistoryImport) -> None:
    answer = logged_in.post(f"/import/{batch.pk}/undo/", headers=HTMX)
    assert answer.status_code == 409
    logged_in.post(f"/import/{batch.pk}/discard/")
    for action in ACTIONS:
        data = {"policy": "keep"}
        answer = logged_in.post(f"/import/{batch.pk}/{action}/", data)
        assert answer["Location"] == f"/import/{batch.pk}/"
    page = read(logged_in, f"/import/{batch.pk}/")
    assert "That cannot be done with this import any more." in page


def test_writes_answer_only_posts_and_reads_only_reads(
    logged_in: Client, batch: HistoryImport
) -> None:
    film = get_film("Psycho")
    for action in (*ACTIONS, f"films/{film.pk}/choose"):
        assert logged_in.get(f"/import/{batch.pk}/{action}/").status_code == 405
    for path in ("", "progress/", f"films/{film.pk}/"):
        assert logged_in.post(f"/import/{batch.pk}/{path}").status_code == 405
    assert logged_in.put("/import/").status_code == 405


def test_upload_needs_the_csrf_token(member: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert upload(strict).status_code == 403
    assert not HistoryImport.objects.exists()


def test_queries_do_not_grow_with_the_films(logged_in: Client, member: User) -> None:
    for pk in range(1, 41):
        make_movie(pk, f"Twin Title {pk % 20}", year=1990)

    def start(last: int) -> str:
        rows = "".join(f"Twin Title {number},4\n" for number in range(last))
        upload(logged_in, f"title,rating\n{rows}".encode())
        work_imports(user_id=member.pk)
        return f"/import/{HistoryImport.objects.order_by('-pk')[0].pk}/"

    few, many = start(2), start(20)
    assert ImportedFilm.objects.filter(match="doubtful").count() == 22
    assert count_queries_of(logged_in, few) == count_queries_of(logged_in, many) <= 12
    assert count_queries_of(logged_in, "/import/") <= 12


def test_pages_hold_no_inline_script_or_style(logged_in: Client, batch: HistoryImport) -> None:
    film = get_film("Psycho")
    for url in ("/import/", f"/import/{batch.pk}/", f"/import/{batch.pk}/films/{film.pk}/"):
        page = read(logged_in, url)
        assert page.count("<h1") == 1
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_names_and_titles_of_the_file_are_escaped(logged_in: Client, member: User) -> None:
    upload(logged_in, b"title,rating\n<script>alert(1)</script>,4\n", "<img src=x>.csv")
    work_imports(user_id=member.pk)
    page = read(logged_in, f"/import/{HistoryImport.objects.get().pk}/")
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
