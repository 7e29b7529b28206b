import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.list_models import FilmList, FilmListEntry
from catalog.lists.services import add_film, change_list, create_list
from tests.catalog.factories import count_queries_of, make_member, make_movie
from tests.pages import read, read_undo

HTMX = {"HX-Request": "true"}


def fill(user: User, film_list: FilmList, first: int, last: int) -> None:
    for pk in range(first, last):
        make_movie(pk, f"Film {pk}", genres=["Drama", f"Genre {pk % 3}"])
        add_film(user=user, list_id=film_list.pk, movie_id=pk, note=f"note {pk}")


@pytest.fixture
def noir(member: User) -> FilmList:
    """Films 1 to 3, shared by link."""
    made = create_list(user=member, name="Noir & more", note="Best at night", is_public=True)
    fill(member, made, 1, 4)
    return made


def order(film_list: FilmList) -> list[int]:
    entries = FilmListEntry.objects.filter(film_list=film_list).order_by("position")
    return list(entries.values_list("movie_id", flat=True))


def test_list_is_made_and_shown(logged_in: Client, member: User) -> None:
    answer: Any = logged_in.post("/lists/", {"name": "Noir", "note": "dark"}, follow=True)
    page = answer.content.decode()
    assert "“Noir” is made." in page
    assert "Only you see this list." in page
    assert "Noir" in read(logged_in, "/lists/")


def test_first_list_makes_a_guest(db: None) -> None:
    client = Client()
    client.post("/lists/", {"name": "Mine"})
    assert FilmList.objects.get().user.is_guest
    assert "Mine" in read(client, "/lists/")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "noir & MORE"])
def test_a_name_that_will_not_do_is_kept_in_the_form(
    name: str, logged_in: Client, noir: FilmList
) -> None:
    answer = logged_in.post("/lists/", {"name": name, "note": "typed before"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "typed before" in page
    assert "field__error" in page
    assert FilmList.objects.count() == 1


def test_list_is_renamed_and_unshared(logged_in: Client, noir: FilmList) -> None:
    url = f"/lists/{noir.pk}/edit/"
    assert 'value="Noir &amp; more"' in read(logged_in, url)
    logged_in.post(url, {"name": "Dark", "note": ""})
    noir.refresh_from_db()
    assert (noir.name, noir.note, noir.share_key) == ("Dark", "", None)
    assert logged_in.post(url, {"name": ""}).status_code == 422


def test_deleting_asks_first(logged_in: Client, noir: FilmList) -> None:
    url = f"/lists/{noir.pk}/delete/"
    assert "The list goes with its 3 films" in read(logged_in, url)
    assert FilmList.objects.exists()
    answer: Any = logged_in.post(url, follow=True)
    assert "is deleted" in answer.content.decode()
    assert not FilmList.objects.exists()


def test_film_is_moved_without_scripts(logged_in: Client, noir: FilmList) -> None:
    page = read(logged_in, f"/lists/{noir.pk}/")
    assert 'aria-label="Move Film 2 up"' in page
    answer: Any = logged_in.post(f"/lists/{noir.pk}/films/2/", {"position": "1"}, follow=True)
    assert order(noir) == [2, 1, 3]
    assert "“Film 2” is number 1." in answer.content.decode()
    assert FilmListEntry.objects.get(movie_id=2).note == "note 2"


def test_film_is_moved_by_htmx(logged_in: Client, noir: FilmList) -> None:
    data = {"position": "3", "note": "last"}
    answer = logged_in.post(f"/lists/{noir.pk}/films/1/", data, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert "“Film 1” is number 3." in page
    assert order(noir) == [2, 3, 1]
    assert FilmListEntry.objects.get(movie_id=1).note == "last"


@pytest.mark.parametrize("position", ["x", "0", "-1", "9" * 30])
def test_a_place_that_is_none_is_refused(position: str, logged_in: Client, noir: FilmList) -> None:
    url = f"/lists/{noir.pk}/films/1/"
    assert logged_in.post(url, {"position": position}, headers=HTMX).status_code == 400
    assert logged_in.post(url, {"position": position}).status_code == 302
    assert order(noir) == [1, 2, 3]


def test_removal_is_undone_with_place_and_note(logged_in: Client, noir: FilmList) -> None:
    answer: Any = logged_in.post(f"/lists/{noir.pk}/films/2/remove/", follow=True)
    assert order(noir) == [1, 3]
    address, fields = read_undo(answer.content.decode())
    assert address == f"/lists/{noir.pk}/films/"  # no note in an address, for logs to keep
    logged_in.post(address, fields)
    assert order(noir) == [1, 2, 3]
    assert FilmListEntry.objects.get(movie_id=2).note == "note 2"


def test_removal_by_htmx_offers_undo(logged_in: Client, noir: FilmList) -> None:
    page = logged_in.post(f"/lists/{noir.pk}/films/2/remove/", headers=HTMX).content.decode()
    assert "“Film 2” is off the list." in page
    assert read_undo(page)[1]["note"] == "note 2"


def test_film_page_adds_to_a_list_and_to_a_new_one(
    logged_in: Client, member: User, noir: FilmList
) -> None:
    make_movie(9, "Film 9")
    answer = logged_in.post("/movies/9/lists/", {"film_list": noir.pk}, headers=HTMX)
    page = answer.content.decode()
    assert "It is on “Noir &amp; more”." in page
    assert "disabled" in page
    logged_in.post("/movies/9/lists/", {"name": "Fresh", "film_list": noir.pk})
    assert order(noir) == [1, 2, 3, 9]
    assert order(FilmList.objects.get(name="Fresh")) == [9]


def test_adding_from_a_film_page_says_what_is_wrong(logged_in: Client, noir: FilmList) -> None:
    refused = logged_in.post("/movies/1/lists/", {"name": "noir & more"}, headers=HTMX)
    assert (refused.status_code, refused["Content-Type"][:10]) == (409, "text/plain")
    assert logged_in.post("/movies/1/lists/", {}, headers=HTMX).status_code == 409
    assert logged_in.post("/movies/1/lists/", {"film_list": "x"}, headers=HTMX).status_code == 400
    assert logged_in.post("/movies/999/lists/", {"name": "New"}).status_code == 404
    assert logged_in.post("/movies/1/lists/", {"film_list": "999"}).status_code == 404
    assert FilmList.objects.count() == 1


def test_shared_list_is_read_by_whoever_has_its_link(noir: FilmList, member: User) -> None:
    url = f"/lists/shared/{noir.share_key}/"
    answer = Client().get(url)
    page = answer.content.decode()
    assert answer["X-Robots-Tag"] == "noindex"
    assert "A list by ada" in page
    assert "note 1" in page
    assert "Change your list" not in page
    assert page.index("Film 1") < page.index("Film 2") < page.index("Film 3")
    change_list(user=member, list_id=noir.pk, is_public=False)
    assert Client().get(url).status_code == 404


def test_shared_list_of_somebody_locked_out_is_not_shown(noir: FilmList) -> None:
    User.objects.filter(pk=noir.user_id).update(is_active=False)
    assert Client().get(f"/lists/shared/{noir.share_key}/").status_code == 404
    assert Client().get(f"/api/v1/lists/{noir.share_key}").status_code == 404
    assert Client().get(f"/api/v1/lists/{noir.share_key}/films").status_code == 404


def test_lists_of_others_are_not_found(noir: FilmList) -> None:
    client = Client()
    client.force_login(make_member("bob"))
    base = f"/lists/{noir.pk}/"
    for url in (base, f"{base}edit/", f"{base}delete/"):
        assert client.get(url).status_code == 404
        assert Client().get(url).status_code == 404
    for url in (f"{base}edit/", f"{base}delete/", f"{base}films/1/", f"{base}films/1/remove/"):
        assert client.post(url, {"name": "x"}).status_code == 404
    assert client.post(f"{base}films/", {"movie": "1"}).status_code == 404
    assert "Noir" not in read(client, "/lists/")
    assert order(noir) == [1, 2, 3]


def test_pages_answer_the_methods_they_know(logged_in: Client, noir: FilmList) -> None:
    base = f"/lists/{noir.pk}/"
    for url in (base, f"/lists/shared/{noir.share_key}/"):
        assert logged_in.post(url).status_code == 405
    for url in (f"{base}films/", f"{base}films/1/", f"{base}films/1/remove/", "/movies/1/lists/"):
        assert logged_in.get(url).status_code == 405
    assert logged_in.put("/lists/").status_code == 405


def test_queries_do_not_grow_with_lists_or_films(
    logged_in: Client, member: User, noir: FilmList
) -> None:
    urls = ("/lists/", f"/lists/{noir.pk}/", f"/lists/shared/{noir.share_key}/")
    few = [count_queries_of(logged_in, url) for url in urls]
    fill(member, noir, 4, 30)
    for number in range(10):
        other = create_list(user=member, name=f"List {number}")
        add_film(user=member, list_id=other.pk, movie_id=number + 1)
    assert [count_queries_of(logged_in, url) for url in urls] == few
    assert max(few) <= 12


def test_notes_and_names_are_escaped(logged_in: Client, member: User, noir: FilmList) -> None:
    change_list(user=member, list_id=noir.pk, name="<b>x", note="<script>alert(1)")
    for url in ("/lists/", f"/lists/{noir.pk}/", f"/lists/shared/{noir.share_key}/"):
        page = read(logged_in, url)
        assert "<b>x" not in page
        assert "<script>alert" not in page


def test_film_is_added_by_its_title_without_scripts(logged_in: Client, noir: FilmList) -> None:
    make_movie(50, "Chinatown", year=1974)
    page = read(logged_in, f"/lists/{noir.pk}/?q=chinatwon")
    assert 'name="q"' in page
    assert re.search(r'name="movie"\s+value="50"', page)
    data = {"movie": "50", "next": f"/lists/{noir.pk}/?q=chinatwon"}
    answer: Any = logged_in.post(f"/lists/{noir.pk}/films/", data, follow=True)
    page = answer.content.decode()
    assert "“Chinatown” is on the list." in page
    assert order(noir) == [1, 2, 3, 50]
    # What is on it already is not offered again.
    assert "it is on it" in page
    assert not re.search(r'name="movie"\s+value="50"', page)


def test_films_are_found_as_one_types_and_added_at_the_end(
    logged_in: Client, member: User, noir: FilmList
) -> None:
    fill(member, noir, 10, 50)
    make_movie(50, "Chinatown", year=1974)
    headers = {**HTMX, "HX-Target": "list-matches"}
    piece = read(logged_in, f"/lists/{noir.pk}/?q=china", 200, **headers)
    assert "Chinatown (1974)" in piece
    assert "<h1" not in piece
    answer = logged_in.post(f"/lists/{noir.pk}/films/", {"movie": "50"}, headers=HTMX)
    piece = answer.content.decode()
    assert "“Chinatown” is on the list." in piece
    assert 'id="film-50"' in piece
    assert 'id="film-1"' not in piece


def test_only_ones_own_list_is_added_to_by_title(noir: FilmList, db: None) -> None:
    make_movie(50, "Chinatown")
    other = Client()
    other.force_login(make_member("eve"))
    assert other.get(f"/lists/{noir.pk}/?q=china").status_code == 404
    assert other.post(f"/lists/{noir.pk}/films/", {"movie": "50"}).status_code == 404
    assert order(noir) == [1, 2, 3]


def test_title_that_no_film_has_is_answered_in_words(logged_in: Client, noir: FilmList) -> None:
    assert "Nothing like that is here" in read(logged_in, f"/lists/{noir.pk}/?q=zzzzqqq")
    assert "Nothing like that is here" not in read(logged_in, f"/lists/{noir.pk}/")


def test_queries_of_a_list_do_not_grow_with_what_is_found(
    logged_in: Client, noir: FilmList
) -> None:
    few = count_queries_of(logged_in, f"/lists/{noir.pk}/?q=film")
    for pk in range(60, 80):
        make_movie(pk, f"Film {pk}")
    assert count_queries_of(logged_in, f"/lists/{noir.pk}/?q=film") <= few
