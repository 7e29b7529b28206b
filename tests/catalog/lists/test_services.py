import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.services import merge_guest
from catalog.list_models import FilmList, FilmListEntry
from catalog.lists import services
from catalog.lists.services import add_film, change_entry, change_list, create_list, remove_film
from catalog.ratings import UnknownMovieError
from tests.catalog.factories import make_guest, make_member, make_movie

pytestmark = pytest.mark.django_db


@pytest.fixture
def noir(member: User) -> FilmList:
    """Films 1 to 5, in this order."""
    made = create_list(user=member, name="Noir")
    for pk in range(1, 6):
        make_movie(pk)
        add_film(user=member, list_id=made.pk, movie_id=pk)
    return made


def order(film_list: FilmList) -> list[int]:
    # The constraint on places is looked at now, not when the test's transaction is thrown away.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    entries = FilmListEntry.objects.filter(film_list=film_list).order_by("position")
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    return [entry.movie_id for entry in entries]


def test_films_stand_in_the_order_they_came(noir: FilmList) -> None:
    assert order(noir) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("movie_id", "position", "expected"),
    [
        (1, 3, [2, 3, 1, 4, 5]),
        (5, 1, [5, 1, 2, 3, 4]),
        (2, 2, [1, 2, 3, 4, 5]),
        (2, 99, [1, 3, 4, 5, 2]),
        (4, 0, [4, 1, 2, 3, 5]),
    ],
)
def test_film_moves_and_the_others_close_up(
    noir: FilmList, member: User, movie_id: int, position: int, expected: list[int]
) -> None:
    change_entry(user=member, list_id=noir.pk, movie_id=movie_id, position=position)
    assert order(noir) == expected


def test_removed_film_comes_back_where_it_was(noir: FilmList, member: User) -> None:
    change_entry(user=member, list_id=noir.pk, movie_id=2, note="seen twice")
    gone = remove_film(user=member, list_id=noir.pk, movie_id=2)
    assert gone is not None
    assert order(noir) == [1, 3, 4, 5]
    add_film(user=member, list_id=noir.pk, movie_id=2, position=gone.position, note=gone.note)
    assert order(noir) == [1, 2, 3, 4, 5]
    assert FilmListEntry.objects.get(film_list=noir, movie_id=2).note == "seen twice"


def test_adding_a_film_twice_changes_nothing(noir: FilmList, member: User) -> None:
    add_film(user=member, list_id=noir.pk, movie_id=2, position=1, note="again")
    assert order(noir) == [1, 2, 3, 4, 5]
    assert FilmListEntry.objects.get(film_list=noir, movie_id=2).note == ""


def test_removing_what_is_not_there_changes_nothing(noir: FilmList, member: User) -> None:
    assert remove_film(user=member, list_id=noir.pk, movie_id=99) is None
    assert order(noir) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "field"), [("", "name"), (" \t\x00", "name"), ("x" * 101, "name"), ("nOIR", "name")]
)
def test_a_name_is_given_short_and_ones_own_only(
    noir: FilmList, member: User, name: str, field: str
) -> None:
    with pytest.raises(services.InvalidListError) as refused:
        create_list(user=member, name=name)
    assert refused.value.field == field


def test_two_people_may_use_one_name(noir: FilmList) -> None:
    create_list(user=make_member("bob"), name="Noir")
    assert FilmList.objects.count() == 2


def test_renaming_to_its_own_name_in_other_letters_is_fine(noir: FilmList, member: User) -> None:
    assert change_list(user=member, list_id=noir.pk, name=" NOIR ").name == "NOIR"


def test_notes_have_an_end(noir: FilmList, member: User) -> None:
    with pytest.raises(services.InvalidListError):
        change_list(user=member, list_id=noir.pk, note="x" * 1001)
    with pytest.raises(services.InvalidListError):
        change_entry(user=member, list_id=noir.pk, movie_id=1, note="x" * 501)


def test_a_link_taken_back_stays_dead(noir: FilmList, member: User) -> None:
    first = change_list(user=member, list_id=noir.pk, is_public=True).share_key
    assert first is not None
    assert change_list(user=member, list_id=noir.pk, is_public=True).share_key == first
    assert change_list(user=member, list_id=noir.pk, is_public=False).share_key is None
    assert change_list(user=member, list_id=noir.pk, is_public=True).share_key != first


def test_lists_of_others_are_unknown(noir: FilmList) -> None:
    bob = make_member("bob")
    for call in (
        lambda: change_list(user=bob, list_id=noir.pk, name="Mine"),
        lambda: services.delete_list(user=bob, list_id=noir.pk),
        lambda: add_film(user=bob, list_id=noir.pk, movie_id=1),
        lambda: remove_film(user=bob, list_id=noir.pk, movie_id=1),
        lambda: change_entry(user=bob, list_id=noir.pk, movie_id=1, position=2),
    ):
        with pytest.raises(services.UnknownListError):
            call()
    assert order(noir) == [1, 2, 3, 4, 5]


def test_unknown_films_and_entries_are_refused(noir: FilmList, member: User) -> None:
    with pytest.raises(UnknownMovieError):
        add_film(user=member, list_id=noir.pk, movie_id=99)
    with pytest.raises(services.UnknownEntryError):
        change_entry(user=member, list_id=noir.pk, movie_id=99, position=1)


def test_lists_and_films_have_a_most(
    noir: FilmList, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_LISTS", 1)
    monkeypatch.setattr(services, "MAX_FILMS", 5)
    make_movie(6)
    with pytest.raises(services.ListFullError):
        create_list(user=member, name="Another")
    with pytest.raises(services.ListFullError):
        add_film(user=member, list_id=noir.pk, movie_id=6)


def test_deleting_a_list_leaves_its_films(noir: FilmList, member: User) -> None:
    services.delete_list(user=member, list_id=noir.pk)
    assert not FilmListEntry.objects.exists()
    make_movie(7)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "nOiR"},
    ],
)
def test_database_refuses_what_services_do(
    noir: FilmList, member: User, change: dict[str, str]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FilmList.objects.create(user=member, **change)


def test_database_refuses_a_place_or_film_taken_twice(noir: FilmList) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FilmListEntry.objects.create(film_list=noir, movie_id=1, position=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        FilmListEntry.objects.filter(film_list=noir, movie_id=1).update(position=0)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        FilmListEntry.objects.filter(film_list=noir, movie_id=1).update(position=2)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_guests_lists_move_to_the_account_under_names_of_their_own(
    noir: FilmList, member: User
) -> None:
    guest = make_guest()
    same = create_list(user=guest, name="noir", is_public=True)
    add_film(user=guest, list_id=same.pk, movie_id=3)
    create_list(user=guest, name="Westerns")
    merge_guest(guest=guest, user=member)
    assert not User.objects.filter(pk=guest.pk).exists()
    names = FilmList.objects.filter(user=member).order_by("id").values_list("name", flat=True)
    assert list(names) == ["Noir", "noir (2)", "Westerns"]
    assert order(same) == [3]
    same.refresh_from_db()
    assert same.is_public


@pytest.mark.parametrize(
    ("name", "same"), [("k", "\N{KELVIN SIGN}"), ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i")]
)
def test_names_count_as_the_same_where_the_database_says_so(
    member: User, name: str, same: str
) -> None:
    create_list(user=member, name=name)
    with pytest.raises(services.InvalidListError):
        create_list(user=member, name=same)
    guest = make_guest()
    create_list(user=guest, name=same)
    merge_guest(guest=guest, user=member)
    assert FilmList.objects.filter(user=member, name__in=[name, f"{same} (2)"]).count() == 2


def test_lists_vanish_with_the_account(noir: FilmList, member: User) -> None:
    member.delete()
    assert not FilmList.objects.exists()
    assert not FilmListEntry.objects.exists()
